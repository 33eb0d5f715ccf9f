import { render } from "preact";
import { startLive } from "./state/live.ts";
import { listenToAddress } from "./state/route.ts";
import { now, online } from "./state/store.ts";
import "./styles/app.css";
import { App } from "./views/app.tsx";

listenToAddress();
// Relative times move on; the countdown of a lost connection by the second.
let ticks = 0;
setInterval(() => {
  if (!online.value || ++ticks % 5 === 0) now.value = Date.now();
}, 1000);
startLive();
render(<App />, document.getElementById("app")!);
