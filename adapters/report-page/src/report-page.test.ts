import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { escapeHtml, headOf, html, jsonForHtml } from './index.ts'

const ACTS_OR_HIDES = /[<>"'\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|(?![\n\t])\p{Cc}/u

test('no character is left that HTML acts on, nor one that hides or turns text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(escapeHtml(text), ACTS_OR_HIDES)
      assert.doesNotMatch(html`${text}`.text, ACTS_OR_HIDES)
      const json = jsonForHtml([text])
      assert.doesNotMatch(json, /[<\u2028\u2029]/)
      assert.deepEqual(JSON.parse(json), [text])
    }),
  )
})

test('what hides is shown as its number, in the way that the caller asks for', () => {
  assert.equal(escapeHtml('a\u202Eb'), 'aU+202Eb')
  assert.equal(
    escapeHtml('<\u0007>', (code) => `<i>${code}</i>`),
    '&lt;<i>U+0007</i>&gt;',
  )
})

test('markup is text unless a template made it', () => {
  const bold = html`<b>${'<b>'}</b>`
  assert.equal(html`<i>${[bold, bold]}${null}${3}</i>`.text, '<i><b>&lt;b&gt;</b><b>&lt;b&gt;</b>3</i>')
})

test('a page asks for nothing, and may run only the script that it names', () => {
  const bare = headOf({ title: '</title><script>', style: 'p{}', script: null })
  assert.match(
    bare,
    /content="default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; base-uri 'none'; form-action 'none'"/,
  )
  assert.doesNotMatch(bare, /<script/)
  const digest = 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='
  assert.ok(headOf({ title: 't', style: '', script: 'alert(1)' }).includes(`script-src '${digest}'`))
})
