/** Something that is not as the manifest says. */
export interface Drift {
  readonly kind: 'manifest' | 'workflow' | 'model' | 'node';
  /** The file, the model's path, or the folder of the installation. */
  readonly name: string;
  /** Such as `is missing`. */
  readonly problem: string;
  readonly repaired: boolean;
  /** Why it could not be repaired. */
  readonly error?: string;
}
