import { GRAM_BYTES } from './format.ts'

/**
 * How often one byte follows another in the texts of real events (image paths, command lines, registry keys, scripts):
 * 0 never to 9 in nearly every one, on a logarithmic scale. Measured once, on 10,000 Windows events; it only has to
 * be roughly right, because it decides how fast the index is and never what it finds.
 */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789\\/.:-_ '
/** Rows and columns in the order of ALPHABET; the last of both is every other byte. */
const FOLLOWS: readonly string[] = [
  '66766676461777475777765266555555554561305364',
  '65556661665652756552614051555546554450305114',
  '75558568516553743746626050645455554531595265',
  '75557553712764951656445340555554545551515264',
  '66676665404797453877665930655554546470825466',
  '65445623721461621457411110455555445530305333',
  '66347133600344530764611021100000005041401135',
  '51327312607311841364341412015010100040413233',
  '64866644112669761577153014120410000030500210',
  '61005200200000311211120011121000111000200122',
  '52516166402632111244622140110000301040301342',
  '63446264701763740566613141011410300070602456',
  '75557160710361660462326132021900100171502353',
  '73697665513545650368564321151301000062513366',
  '55651761325768564786659721520100020050502122',
  '72457333502743775755520321033121200151503463',
  '66110350101100005001404001100100010000202010',
  '75568544705565853676685171000312020050712445',
  '74638327716353766469484390213120100093626464',
  '74559467702542653766467572610330100072826576',
  '64346261501647050767106201001000000060301001',
  '67827265801010611263010111062140101030300001',
  '76227113903365631491215151001405401110404161',
  '42419223112131060175110050521221415130201311',
  '54445253311454455294111120000110000071411364',
  '41112120100111312211505001100010000000100101',
  '65554410100011101110001500666565555660516515',
  '45555505100002000010000000665565666660607265',
  '54444510010303010305311000666556555693626326',
  '55554510001011000011103001559555655540306505',
  '55555500110010010210002100665565566551405414',
  '55555400001005002001000000646545555540606304',
  '54555500010010000100011100556565456550406316',
  '55545501000121000000000000555566555530506514',
  '65455500100000200010004100555655655531406315',
  '55554400100001010000011000656655656640306304',
  '76766555624676570796689102543443202330501206',
  '31231120201323230130113110100010000002000001',
  '54579453320354440444335300664451261500000122',
  '10200000000020220000000000210000001093010062',
  '66556511302246550362236000566576556600002001',
  '33522322400234341232133411455322334100300423',
  '73665626600246441463263100364346233203106067',
  '53544441520345551454244501544444433462363466',
]
const LEVEL_MAX = 9

const PLACE_OF_BYTE: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const place = ALPHABET.indexOf(String.fromCharCode(byte))
  return place < 0 ? ALPHABET.length : place
})

/** The four bytes of a folded text that events show least, the first of equals. */
export function rarestGram(text: Uint8Array): { readonly offset: number; readonly frequency: number } {
  let offset = 0
  let frequency = Infinity
  for (let at = 0; at + GRAM_BYTES <= text.length; at++) {
    const one = gramFrequency(text, at)
    if (one < frequency) {
      offset = at
      frequency = one
    }
  }
  return { offset, frequency }
}

/**
 * The run of `length` bytes of a folded text, none of whose four-byte windows events show often; the first of equals.
 * The frequency is that of its commonest window.
 */
export function rarestRun(text: Uint8Array, length: number): { readonly offset: number; readonly frequency: number } {
  let offset = 0
  let least = Infinity
  for (let at = 0; at + length <= text.length; at++) {
    let commonest = 0
    for (let gram = at; gram + GRAM_BYTES <= at + length; gram++) {
      commonest = Math.max(commonest, gramFrequency(text, gram))
    }
    if (commonest < least) {
      offset = at
      least = commonest
    }
  }
  return { offset, frequency: least }
}

/** Of the four bytes at `from`: 0 for what never occurs, to 1 for what every event has. */
export function gramFrequency(text: Uint8Array, from: number): number {
  let level = 0
  for (let at = from; at < from + GRAM_BYTES - 1; at++) level += levelOf(text[at], text[at + 1])
  return level / (LEVEL_MAX * (GRAM_BYTES - 1))
}

function levelOf(first = 0, second = 0): number {
  return Number(FOLLOWS[PLACE_OF_BYTE[first] ?? 0]?.charAt(PLACE_OF_BYTE[second] ?? 0))
}
