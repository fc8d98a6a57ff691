const ENTRIES = [
  { kind: 'attempt', outcome: 'succeeded', words: 'succeeded' },
  { kind: 'attempt', outcome: 'failed', words: 'failed' },
  { kind: 'attempt', outcome: 'running', words: 'running' },
  { kind: 'attempt', outcome: 'interrupted', words: 'interrupted' },
  { kind: 'wait', outcome: '', words: 'backoff' },
  { kind: 'blocked', outcome: '', words: 'blocked' },
  { kind: 'paused', outcome: '', words: 'paused' },
  { kind: 'queued', outcome: '', words: 'queued' },
] as const;

export const GanttLegend = () => (
  <ul className="gantt-legend small muted">
    {ENTRIES.map(({ kind, outcome, words }) => (
      <li key={words}>
        <span className="gantt-bar gantt-sample" data-kind={kind} data-outcome={outcome} />
        {words}
      </li>
    ))}
  </ul>
);
