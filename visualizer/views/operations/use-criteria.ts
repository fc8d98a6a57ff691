import { useEffect, useMemo, useState } from 'react';
import { useClient } from '../../app/client.ts';
import type { OperationsQuery } from '../../app/locations.ts';
import { instantIn } from '../../data/period.ts';
import type { Criteria } from '../../data/row-view.ts';
import { sortingOf } from './columns.ts';

/** The text that was searched for last, for the way back. Never in an address: it may be a piece of somebody's input. */
let lastText = '';

export interface Searching {
  readonly text: string;
  readonly setText: (text: string) => void;
  /** The server looks through inputs and errors. */
  readonly isAsking: boolean;
  readonly criteria: Criteria;
}

/** What the table is to show, and makes it show that. */
export function useCriteria(query: OperationsQuery, key: string): Searching {
  const { table } = useClient();
  const [text, setText] = useState(lastText);
  const settled = useSettled(text, 200);
  const { found, isAsking } = useFound(settled);
  const states = query.states.join();
  const names = query.names.join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: a query is another object each time that the address is read
  const criteria = useMemo<Criteria>(() => {
    const now = Date.now();
    return {
      filter: {
        states: query.states,
        names: query.names,
        breakerKey: key,
        text: settled,
        createdFrom: instantIn(query.since, now),
        createdBefore: instantIn(query.until, now),
      },
      sorting: sortingOf(query.sort),
      found,
    };
  }, [states, names, query.since, query.until, query.sort, key, settled, found]);

  useEffect(() => void table.arrange(criteria), [table, criteria]);

  const change = (next: string) => {
    lastText = next;
    setText(next);
  };
  return { text, setText: change, isAsking, criteria };
}

const NONE: ReadonlySet<string> = new Set();
/** Of a text that stands everywhere no more is read. */
const MAX_PAGES = 5;

/** Operations in whose input or error the server finds the text; the page itself knows neither. */
function useFound(text: string): { found: ReadonlySet<string>; isAsking: boolean } {
  const { http, table } = useClient();
  const [found, setFound] = useState(NONE);
  const [isAsking, setAsking] = useState(false);
  useEffect(() => {
    setFound(NONE);
    if (text.trim() === '') return setAsking(false);
    const asking = new AbortController();
    const ask = async () => {
      const ids = new Set<string>();
      let cursor: string | undefined;
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const search = cursor === undefined ? { text } : { text, cursor };
        const { operations, next } = await http.search(search, asking.signal);
        table.add(operations);
        for (const { operation_id } of operations) ids.add(operation_id);
        cursor = next;
        if (cursor === undefined) break;
      }
      if (!asking.signal.aborted) setFound(ids);
    };
    setAsking(true);
    // What the page knows is shown all the same.
    ask()
      .catch(() => {})
      .finally(() => {
        if (!asking.signal.aborted) setAsking(false);
      });
    return () => asking.abort();
  }, [http, table, text]);
  return { found, isAsking };
}

/** A value that has stayed the same for a while. */
function useSettled<Value>(value: Value, milliseconds: number): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}
