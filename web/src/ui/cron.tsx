// A cron expression, with what it says in words.
import cronstrue from "cronstrue";
import { parseCron } from "../model/cron.ts";

const words = new Map<string, string>();

/** Empty for what has no words. */
export function cronWords(expression: string): string {
  let text = words.get(expression);
  if (text === undefined) {
    text = parseCron(expression) ? describe(expression) : "";
    words.set(expression, text);
  }
  return text;
}

function describe(expression: string): string {
  try {
    return cronstrue.toString(expression, { use24HourTimeFormat: true, verbose: false });
  } catch {
    return "";
  }
}

export function CronText({ expression }: { expression: string }) {
  const text = cronWords(expression);
  return (
    <span class="cron" title={text === "" ? undefined : text}>
      <code>{expression}</code>
      {text !== "" && <span class="cron-words">{text}</span>}
    </span>
  );
}
