import { useSelector } from '@xstate/react';
import type { FormEvent } from 'react';
import { problemInWords } from '../connection/problem-error.ts';
import { Button, Field } from '../design/controls.tsx';
import { Notice } from '../design/layout.tsx';
import { useClient } from './client.ts';

/** Asks for a token. It is kept in this tab only. */
export function TokenGate() {
  const { connection } = useClient();
  const problem = useSelector(connection, ({ context }) => context.problem);
  const enter = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get('token') ?? '').trim();
    if (token !== '') connection.send({ type: 'token', token });
  };
  return (
    <form className="gate card" onSubmit={enter}>
      <h1>This server asks for a token</h1>
      <p className="muted">
        A viewer's token lets you look, an operator's also lets you act. It stays in this tab and is
        forgotten when you close it.
      </p>
      {problem !== null && <Notice tone="problem">{problemInWords(problem)}</Notice>}
      <Field label="Token">
        {id => (
          <input
            id={id}
            className="input mono"
            name="token"
            type="password"
            autoComplete="off"
            spellCheck={false}
            required
          />
        )}
      </Field>
      <div className="buttons">
        <Button type="submit" kind="primary">
          Open
        </Button>
      </div>
    </form>
  );
}
