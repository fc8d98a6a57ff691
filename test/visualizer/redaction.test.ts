import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isSecretName, MASK, redacted, redactedText } from '../../visualizer/data/redaction.ts';

test('masks what stands under the name of a secret, however it is written and however deep', () => {
  const input = {
    user: 'builder',
    api_key: 'k-1',
    nested: [{ 'X-Auth-Token': 't', Cookie: ['a=b'] }, { clientSecret: { inner: 's' } }],
  };
  assert.equal(redacted(input), {
    user: 'builder',
    api_key: MASK,
    nested: [{ 'X-Auth-Token': MASK, Cookie: MASK }, { clientSecret: MASK }],
  });
});

test('leaves words alone that only contain a short one', () => {
  for (const name of ['author', 'passenger', 'signal', 'pinned', 'url', 'significant']) {
    assert.not(isSecretName(name), name);
  }
  for (const name of ['auth', 'pass', 'PWD', 'sig', 'password2', 'refreshToken', 'Set-Cookie']) {
    assert.ok(isSecretName(name), name);
  }
});

test('masks secrets within texts', () => {
  assert.is(
    redactedText('fetch https://me:hunter2@example.com/x failed'),
    `fetch https://${MASK}@example.com/x failed`,
  );
  assert.not.match(redactedText('Authorization: Bearer abc.def-123'), 'abc');
  assert.is(redactedText('?token=abc&page=2'), `?token=${MASK}&page=2`);
  assert.is(redactedText('nothing to hide'), 'nothing to hide');
});

test('keeps a null under the name of a secret: that there is none says nothing', () => {
  assert.equal(redacted({ token: null }), { token: null });
});

test.run();
