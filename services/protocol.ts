/**
 * The messages on the wire: schemas, their types, and what makes the library's data into them. Snake case, instants as ISO 8601. What comes in is strict: an unknown
 * member is refused. What goes out may gain members, so clients leave unknown ones alone.
 */
export * from './protocol/commands.ts';
export * from './protocol/events.ts';
export * from './protocol/from-wire.ts';
export * from './protocol/machines.ts';
export * from './protocol/on-wire.ts';
export * from './protocol/overview.ts';
export * from './protocol/parse.ts';
export * from './protocol/problem.ts';
export * from './protocol/resources.ts';
export * from './protocol/updates.ts';
