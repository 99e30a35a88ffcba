import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { utf8Encode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { EventColumns } from './event-columns.ts'
import { eventTime, TIME_FIELDS, timeAt, withTimeFields } from './event-time.ts'
import { FieldNames } from './field-names.ts'
import { readJsonEvent } from './read-json.ts'

function timeOf(text: string): number {
  const bytes = utf8Encode(text)
  return timeAt(bytes, 0, bytes.length)
}

describe('a time', () => {
  const rows: [text: string, expected: string | number][] = [
    ['2023-08-15T09:55:21.053Z', '2023-08-15T09:55:21.053Z'],
    ['2023-08-15T09:55:21Z', '2023-08-15T09:55:21.000Z'],
    ['2023-08-15 09:55:21.053', '2023-08-15T09:55:21.053Z'],
    ['2023-08-15T09:55:21.0539999Z', '2023-08-15T09:55:21.053Z'],
    ['2023-08-15T09:55:21,5', '2023-08-15T09:55:21.500Z'],
    ['2023-08-15T09:55:21+02:00', '2023-08-15T07:55:21.000Z'],
    ['2023-08-15T09:55:21.5-0330', '2023-08-15T13:25:21.500Z'],
    ['2023-08-15T09:55:21+02', '2023-08-15T07:55:21.000Z'],
    ['2024-02-29T00:00:00', '2024-02-29T00:00:00.000Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['1692093321', '2023-08-15T09:55:21.000Z'],
    ['1692093321.0539', '2023-08-15T09:55:21.053Z'],
    ['1692093321053', '2023-08-15T09:55:21.053Z'],
    ['0', 0],
    ['', Number.NaN],
    ['-', Number.NaN],
    ['-1', Number.NaN],
    ['yesterday', Number.NaN],
    ['2023-08-15', Date.UTC(2023, 7, 15)],
    ['2023-02-29', Number.NaN],
    ['2023-8-155', Number.NaN],
    ['2023-02-29T00:00:00', Number.NaN],
    ['2023-13-01T00:00:00', Number.NaN],
    ['2023-00-01T00:00:00', Number.NaN],
    ['2023-08-15T24:00:00', Number.NaN],
    ['2023-08-15T09:60:00', Number.NaN],
    ['2023-08-15T09:55:61', Number.NaN],
    ['2023-08-15T09:55:21.Z', Number.NaN],
    ['2023-08-15T09:55:21+2', Number.NaN],
    ['2023-08-15T09:55:21+24:00', Number.NaN],
    ['2023-08-15T09:55:21Z and more', Number.NaN],
    ['2023/08/15T09:55:21', Number.NaN],
    ['20x3-08-15T09:55:21', Number.NaN],
    ['1692093321.05x', Number.NaN],
    ['1692093321x', Number.NaN],
    ['1e+21', Number.NaN],
    ['1234567890123456', Number.NaN],
  ]
  for (const [text, expected] of rows) {
    it(JSON.stringify(text), () =>
      assert.equal(timeOf(text), typeof expected === 'string' ? Date.parse(expected) : expected),
    )
  }

  it('agrees with Date on any moment', () => {
    const moment = fc.date({
      min: new Date(-62_135_596_800_000),
      max: new Date(253_402_300_799_999),
      noInvalidDate: true,
    })
    fc.assert(fc.property(moment, (date) => assert.equal(timeOf(date.toISOString()), date.getTime())))
  })

  it('does not throw on any text', () => {
    const character = fc.constantFrom(...'0123456789-:.TZ+ '.split(''))
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 40 }), (text) => assert.equal(typeof timeOf(text), 'number')),
    )
  })
})

describe('the time of an event', () => {
  const columns = new EventColumns(new FieldNames(withTimeFields(['Image', 'UtcTime'])))
  const rows: [event: object, expected: number][] = [
    [{ UtcTime: '1970-01-01 00:00:01.000', '@timestamp': '1970-01-01T00:00:02Z' }, 2000],
    [{ Event: { System: { TimeCreated: { '#attributes': { SystemTime: '1970-01-01T00:00:03Z' } } } }, time: 9 }, 3000],
    [{ timestamp: 4 }, 4000],
    [{ '@timestamp': null, time: 5 }, 5000],
    [{ '@timestamp': '-', time: 5 }, Number.NaN],
    [{ Image: 'x' }, Number.NaN],
  ]
  for (const [event, expected] of rows) {
    it(JSON.stringify(event), () => {
      const bytes = utf8Encode(JSON.stringify(event))
      readJsonEvent(columns, bytes, 0, bytes.length)
      assert.equal(eventTime(columns), expected)
    })
  }

  it('adds each of its fields once', () => {
    assert.deepEqual(withTimeFields(TIME_FIELDS), TIME_FIELDS)
    assert.equal(Number.isNaN(eventTime(new EventColumns(new FieldNames(['a'])))), true)
  })
})
