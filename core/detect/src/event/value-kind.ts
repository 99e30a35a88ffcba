/** The kinds of `EventColumns.kind`. */
export const VALUE = { TEXT: 1, NUMBER: 2, TRUE: 3, FALSE: 4, NULL: 5 } as const
