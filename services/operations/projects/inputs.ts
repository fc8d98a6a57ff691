import { z } from 'zod';
import { ValidationError } from '../../errors.ts';
import { projectNameProblem } from './safe-names.ts';

const name = z.string('must be a text').superRefine((value, context) => {
  const message = projectNameProblem(value);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});
const path = z
  .string('must be a text')
  .min(1, 'must not be empty')
  .max(4_000, 'is too long')
  .refine(value => !value.includes('\0'), 'must not contain NUL')
  .optional();
const flag = z.boolean('must be true or false').optional();
const place = { root: path, modelsRoot: path, nodesRoot: path };
const resolving = { catalogue: path, allowMissing: flag, trust: flag };

/** What the operations take. */
export const INPUTS = {
  create: z.strictObject({ ...place, name, template: z.string().optional() }),
  import: z.strictObject({
    ...place,
    name,
    file: path,
    workflow: z.unknown().optional(),
    ...resolving,
  }),
  duplicate: z.strictObject({ ...place, name, to: name }),
  export: z.strictObject({ ...place, name, file: z.string('must be a text'), overwrite: flag }),
  delete: z.strictObject({ ...place, name, models: flag }),
  verify: z.strictObject({ ...place, name, repair: flag, ...resolving }),
} as const;

/** @throws ValidationError that tells everything that is wrong with an input */
export function checkInput(operation: keyof typeof INPUTS, input: unknown): void {
  const parsed = INPUTS[operation].safeParse(input);
  if (parsed.success) return;
  const problems = parsed.error.issues.map(issue => {
    const at = issue.path.join('.');
    const words =
      issue.code === 'unrecognized_keys'
        ? `has no ${issue.keys.slice(0, 5).join(', ')}`
        : issue.message;
    return at === '' ? `the input ${words}` : `${at} ${words}`;
  });
  throw new ValidationError(`this is no input of ${operation}: ${problems.join('; ')}`, {
    details: { problems },
  });
}
