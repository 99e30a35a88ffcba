import type { Fleet, Noise, SleepPattern } from './scenario.ts'

/**
 * The fleet of a scenario that does not bring its own. Shares and rates are assumptions, chosen within what is published; docs/simulation.md
 * says which is which. Scenarios override any part.
 */
const STEADY: Noise = {
  silence: 300, // once in 139 days
  silenceSecondsMean: 900,
  reboot: 1_400, // monthly
  engineRestart: 10,
  cpu: 50,
  memory: 20,
  flood: 1,
  detection: 20_000, // one in two days
  failure: 3,
  applyFailure: 1_000,
}

const UNSTEADY: Noise = { ...STEADY, silence: 20_000, silenceSecondsMean: 1_200, reboot: 6_000, engineRestart: 20 }

const ZONES = [
  { utcMinutes: -480, sharePpm: 150_000 },
  { utcMinutes: -300, sharePpm: 250_000 },
  { utcMinutes: 0, sharePpm: 150_000 },
  { utcMinutes: 60, sharePpm: 200_000 },
  { utcMinutes: 330, sharePpm: 100_000 },
  { utcMinutes: 480, sharePpm: 150_000 },
]

const OFFICE: SleepPattern = {
  weekends: false,
  fromMinute: 450,
  toMinute: 1_080,
  jitterMinutes: 90,
  zones: ZONES,
  dayOffPpm: 50_000,
  awayPpm: 0,
  awayDaysMean: 0,
  announcedPpm: 950_000,
  bootsPpm: 500_000,
}

const LAPTOP: SleepPattern = {
  ...OFFICE,
  weekends: true,
  fromMinute: 480,
  toMinute: 1_260,
  jitterMinutes: 180,
  dayOffPpm: 200_000,
  awayPpm: 30_000,
  awayDaysMean: 14,
  announcedPpm: 600_000,
  bootsPpm: 100_000,
}

export const DEFAULT_FLEET: Fleet = {
  rings: [
    { ring: 'canary', sharePpm: 10_000, pollSeconds: 60 },
    { ring: 'early', sharePpm: 90_000, pollSeconds: 300 },
    { ring: 'broad', sharePpm: 900_000, pollSeconds: 300 },
  ],
  beaconSeconds: 300,
  installSeconds: 5,
  trialSeconds: 600,
  strata: [
    stratum('server', 250_000, 'linux 6.18', 'x64', '1.2.0', 10_000, 'always-on'),
    stratum('server-arm', 50_000, 'linux 6.18', 'arm64', '1.2.0', 10_000, 'always-on'),
    stratum('server-old', 100_000, 'linux 6.1', 'x64', '1.1.0', 20_000, 'always-on'),
    stratum('desktop', 400_000, 'linux 6.12', 'x64', '1.2.0', 50_000, 'office'),
    stratum('laptop', 200_000, 'linux 6.12', 'x64', '1.2.0', 300_000, 'laptop'),
  ],
  sleeps: { 'always-on': null, office: OFFICE, laptop: LAPTOP },
  steady: STEADY,
  unsteady: UNSTEADY,
  sites: 1_000,
}

function stratum(
  name: string,
  sharePpm: number,
  os: string,
  architecture: string,
  engineVersion: string,
  unsteadyPpm: number,
  sleep: Fleet['strata'][number]['sleep'],
): Fleet['strata'][number] {
  return { name, sharePpm, engineVersion, os, architecture, unsteadyPpm, sleep }
}
