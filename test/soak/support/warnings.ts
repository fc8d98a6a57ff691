/** Hands what XState's development build warns of to a walk, since a warning is a wrong that it has got over. @returns what ends that */
export function noteWarnings(wrong: (what: string) => void): () => void {
  const { warn } = console;
  console.warn = (...words: readonly unknown[]) => wrong(`XState warns: ${words.join(' ')}`);
  return () => {
    console.warn = warn;
  };
}
