// Signing in and out, where the daemon wants a token. The token becomes a cookie that no script can see.
import { signal } from "@preact/signals";
import { Problem, request } from "../api/client.ts";
import { explain, sayProblem } from "./notices.ts";
import * as store from "./store.ts";

// That there is something to sign out of.
const key = "lockstep.session";
export const signedIn = signal(localStorage.getItem(key) !== null);

/** null, or why not. */
export async function signIn(token: string): Promise<string | null> {
  try {
    await request("POST", "/api/session", { token });
  } catch (error) {
    return error instanceof Problem && error.status === 401 ? "That is not the token." : explain(error);
  }
  localStorage.setItem(key, "open");
  signedIn.value = true;
  store.needsLogin.value = false;
  return null;
}

export async function signOut(): Promise<void> {
  try {
    await request("DELETE", "/api/session");
    localStorage.removeItem(key);
    location.reload();  // nothing of what was shown stays
  } catch (error) {
    sayProblem(error);
  }
}
