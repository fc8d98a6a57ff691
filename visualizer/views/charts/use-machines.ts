import { useEffect, useState } from 'react';
import { useClient } from '../../app/client.ts';
import { type ChartModel, chartModel } from '../../chart/index.ts';
import type { Http } from '../../connection/http.ts';
import { problemOf } from '../../connection/problem-error.ts';
import type { Problem } from '../../data/wire.ts';

export type MachineName = 'operation' | 'breaker';

export type Models = ReadonlyMap<string, ChartModel>;

/** The charts do not change while a server runs. */
const known = new WeakMap<Http, Promise<Models>>();

function modelsOf(http: Http): Promise<Models> {
  const before = known.get(http);
  if (before !== undefined) return before;
  const models = http
    .machines()
    .then(
      machines => new Map(Object.entries(machines).map(([name, json]) => [name, chartModel(json)])),
    );
  known.set(http, models);
  models.catch(() => known.delete(http));
  return models;
}

export interface Machines {
  /** `undefined` until they are there. */
  readonly models: Models | undefined;
  readonly problem: Problem | null;
}

/** The charts of the server, read once. */
export function useMachines(): Machines {
  const { http } = useClient();
  const [machines, setMachines] = useState<Machines>({ models: undefined, problem: null });
  useEffect(() => {
    let isThere = true;
    modelsOf(http).then(
      models => isThere && setMachines({ models, problem: null }),
      error => isThere && setMachines({ models: undefined, problem: problemOf(error) }),
    );
    return () => {
      isThere = false;
    };
  }, [http]);
  return machines;
}
