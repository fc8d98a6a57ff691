/** A chart that cannot be read, drawn or followed. */
export class ChartError extends Error {
  override readonly name = 'ChartError';
  readonly code = 'CHART_MALFORMED';
  /** Where in the chart's JSON, such as `breaker.states.open.on.force[0].target`. */
  readonly where: string;

  constructor(where: string, problem: string) {
    super(`${where} ${problem}`);
    this.where = where;
  }
}
