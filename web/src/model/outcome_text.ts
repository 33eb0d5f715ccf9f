// What a resolution writes, in words.
import type { Choice } from "../api/types.ts";
import type { Outcome, SideWrite } from "./resolution.ts";

export const choiceTexts: Record<Choice, string> = {
  keep_yaml: "Keep YAML",
  keep_db: "Keep database",
  merge: "Merge",
  custom: "Field by field",
  keep_both: "Keep both",
};

export const choiceHints: Record<Choice, string> = {
  keep_yaml: "The database becomes what the YAML says",
  keep_db: "The YAML becomes what the database says",
  merge: "Each field takes the side that changed it; where both did, the status is the database's and everything else the YAML's",
  custom: "Choose for each field",
  keep_both: "Two tasks: the database's keeps its id, the YAML's gets a new one",
};

function writeText(side: string, write: SideWrite): string {
  if (write.action === "none") return `${side}: stays as it is`;
  if (write.action === "update") return `${side}: ${write.fields.join(", ")} updated`;
  return write.action === "insert" ? `${side}: task added` : `${side}: task deleted`;
}

export function outcomeText(outcome: Outcome): string {
  if (outcome.moved) return "Both tasks stand on both sides; the YAML's gets the next free id";
  return `${writeText("Database", outcome.database)}. ${writeText("YAML", outcome.yaml)}`;
}
