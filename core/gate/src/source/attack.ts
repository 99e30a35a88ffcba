/**
 * What MITRE ATT&CK for Enterprise names, so far as a tag can be judged without asking anyone: version 18, and what
 * version 19 took back or named anew.
 *
 * @see https://attack.mitre.org/resources/updates/
 */
export const ATTACK_VERSION = '19'

/** Of version 19, in the order of the matrix. */
const TACTICS: ReadonlySet<string> = new Set(
  `reconnaissance resource-development initial-access execution persistence privilege-escalation stealth
  defense-impairment credential-access discovery lateral-movement collection command-and-control exfiltration
  impact`.split(/\s+/),
)

/** Techniques, each with the numbers of its sub-techniques. */
const TECHNIQUES: ReadonlyMap<number, ReadonlySet<number>> = readTechniques(`
  1001:1-3 1003:1-8 1005 1006 1007 1008 1010 1011:1 1012 1014 1016:1-2 1018 1020:1 1021:1-8 1025 1027:1-17 1029 1030
  1033 1036:1-12 1037:1-5 1039 1040 1041 1046 1047 1048:1-3 1049 1052:1 1053:2-3,5-7 1055:1-5,8-9,11-15 1056:1-4 1057
  1059:1-13 1068 1069:1-3 1070:3-10 1071:1-5 1072 1074:1-2 1078:1-4 1080 1082 1083 1087:1-4 1090:1-4 1091 1092 1095
  1098:1-7 1102:1-3 1104 1105 1106 1110:1-4 1111 1112 1113 1114:1-3 1115 1119 1120 1123 1124 1125 1127:1-3 1129
  1132:1-2 1133 1134:1-5 1135 1136:1-3 1137:1-6 1140 1176:1-2 1185 1187 1189 1190 1195:1-3 1197 1199 1200 1201 1202
  1203 1204:1-5 1205:1-2 1207 1210 1211 1212 1213:1-6 1216:1-2 1217 1218:1-5,7-15 1219:1-3 1220 1221 1222:1-2 1480:1-2
  1482 1484:1-2 1485:1 1486 1489 1490 1491:1-2 1495 1496:1-4 1497:1-3 1498:1-2 1499:1-4 1505:1-6 1518:1-2 1525 1526
  1528 1529 1530 1531 1535 1537 1538 1539 1542:1-5 1543:1-5 1546:1-18 1547:1-10,12-15 1548:1-6 1550:1-4 1552:1-8
  1553:1-6 1554 1555:1-6 1556:1-9 1557:1-4 1558:1-5 1559:1-3 1560:1-3 1561:1-2 1563:1-2 1564:1-14 1565:1-3 1566:1-4
  1567:1-4 1568:1-3 1569:1-3 1570 1571 1572 1573:1-2 1574:1,4-14 1578:1-5 1580 1583:1-8 1584:1-8 1585:1-3 1586:1-3
  1587:1-4 1588:1-7 1589:1-3 1590:1-6 1591:1-4 1592:1-4 1593:1-3 1594 1595:1-3 1596:1-5 1597:1-2 1598:1-4 1599:1
  1600:1-2 1601:1-2 1602:1-2 1606:1-2 1608:1-6 1609 1610 1611 1612 1613 1614:1 1615 1619 1620 1621 1622`)

/** Above are mobile techniques between those for enterprises, and newer ones than this list: their absence says nothing. */
const TECHNIQUE_JUDGED_MAX = 1397

/** What took the place of a tactic or technique. Empty: nothing that is one and the same. */
const SUCCESSORS: ReadonlyMap<string, string> = new Map([
  ['defense-evasion', 'stealth or attack.defense-impairment'],
  ...pairs(`
    t1070.001 t1685.005  t1070.002 t1685.006  t1562 t1685  t1562.001 t1685  t1562.002 t1685.001  t1562.004 t1686
    t1562.006 t1685  t1562.007 t1686.001  t1562.008 t1685.002  t1562.010 t1689  t1562.012 t1685.004  t1656 t1684.001
    t1002 t1560  t1009 t1027.001  t1015 t1546.008  t1022 t1560  t1028 t1021.006  t1032 t1573  t1035 t1569.002
    t1042 t1546.001  t1045 t1027.002  t1050 t1543.003  t1060 t1547.001  t1064 t1059  t1076 t1021.001  t1077 t1021.002
    t1081 t1552.001  t1084 t1546.003  t1085 t1218.011  t1086 t1059.001  t1088 t1548.002  t1089 t1685  t1093 t1055.012
    t1100 t1505.003  t1103 t1546.010  t1107 t1070.004  t1117 t1218.010  t1122 t1546.015  t1128 t1546.007
    t1138 t1546.011  t1139 t1552.003  t1142 t1555.001  t1145 t1552.004  t1154 t1546.005  t1156 t1546.004
    t1170 t1218.005  t1171 t1557.001  t1180 t1546.002  t1182 t1546.009  t1183 t1546.012  t1186 t1055.013
    t1192 t1566.002  t1193 t1566.001  t1194 t1566.003  t1208 t1558.003  t1214 t1552.002  t1500 t1027.004
    t1503 t1555.003  t1504 t1546.013  t1519 t1546.014`),
])

/** How a name of ATT&CK stands: in use, taken back for another one, or none of ATT&CK's. */
export type AttackName =
  | { readonly kind: 'known' | 'unknown' }
  /** Without a successor where nothing is one and the same. */
  | { readonly kind: 'retired'; readonly successor: string | null }

/** @param name - of a tag, without `attack.`, in lower case */
export function attackName(name: string): AttackName {
  const successor = SUCCESSORS.get(name)
  if (successor !== undefined) return { kind: 'retired', successor }
  const technique = /^t(\d{4})(?:\.(\d{3}))?$/.exec(name)
  if (technique !== null) return techniqueName(Number(technique[1]), Number(technique[2] ?? 0))
  // Of groups, software, mitigations, data sources and assets only the form is judged.
  return TACTICS.has(name) || /^([gsma]|ds)\d{4}$/.test(name) ? { kind: 'known' } : { kind: 'unknown' }
}

function techniqueName(number: number, sub: number): AttackName {
  // Version 19 took all of T1562 back.
  if (number === 1562) return { kind: 'retired', successor: null }
  const subs = TECHNIQUES.get(number)
  // Below T1000 are those for industrial control systems.
  if (subs === undefined) return { kind: number > 1000 && number <= TECHNIQUE_JUDGED_MAX ? 'unknown' : 'known' }
  // A later version may have given out the next number.
  const isGap = sub > 0 && !subs.has(sub) && [...subs].some((one) => one > sub)
  return { kind: isGap ? 'unknown' : 'known' }
}

function readTechniques(text: string): ReadonlyMap<number, ReadonlySet<number>> {
  const rows = text.trim().split(/\s+/)
  return new Map(
    rows.map((row) => {
      const [number = '', list = ''] = row.split(':')
      const ranges = list === '' ? [] : list.split(',')
      return [Number(number), new Set(ranges.flatMap(numbersOf))]
    }),
  )
}

function numbersOf(range: string): readonly number[] {
  const [first = 0, last = first] = range.split('-').map(Number)
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

function pairs(text: string): readonly (readonly [from: string, to: string])[] {
  const words = text.trim().split(/\s+/)
  return words.flatMap((word, i) => (i % 2 === 0 ? [[word, words[i + 1] ?? ''] as const] : []))
}
