/** What the test engine does is chosen by the version of its image. */
export const GOOD_VERSION = '1.0.0'
export const HOSTILE_VERSION = '2.0.0'
export const LOAD_CRASH_VERSION = '3.0.0'
/** All that begin so crash in the same way: for hosts that have to fall back more than once. */
export const LOAD_CRASH_VERSIONS = '3.'
export const ACTIVATION_CRASH_VERSION = '4.0.0'
export const POLLUTING_VERSION = '6.0.0'
