import { useEffect } from "preact/hooks";
import { firstView, titleOf, type ViewName } from "../model/summary.ts";
import { addressOf, go, route } from "../state/route.ts";
import { needsLogin, state, status } from "../state/store.ts";
import { ConflictsView } from "./conflicts/conflicts_view.tsx";
import { HistoryView } from "./history/history_view.tsx";
import { ProblemsView } from "./problems_view.tsx";
import { Footer } from "./shell/footer.tsx";
import { GuardDialog } from "./shell/guard_dialog.tsx";
import { Header } from "./shell/header.tsx";
import { Login } from "./shell/login.tsx";
import { Navigation } from "./shell/navigation.tsx";
import { Notices } from "./shell/notices.tsx";
import { OfflineBanner } from "./shell/offline_banner.tsx";
import { TasksView } from "./tasks/tasks_view.tsx";
import { TimelineView } from "./timeline/timeline_view.tsx";

const views: Record<ViewName, () => preact.JSX.Element> = {
  conflicts: ConflictsView,
  tasks: TasksView,
  timeline: TimelineView,
  history: HistoryView,
  problems: ProblemsView,
};

export function App() {
  const { view } = route.value;
  const known = status.value !== null;
  useEffect(() => {
    document.title = titleOf(state.value);
  }, [state.value]);
  // Where to begin is decided once, by what there is to decide; later news must not carry anybody elsewhere.
  useEffect(() => {
    if (view === null && known) go(addressOf(firstView(status.value)), true);
  }, [view, known]);

  if (needsLogin.value) return <><Login /><Notices /></>;
  const View = view && views[view];
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")!.focus(); }}>
        Skip to the content
      </a>
      <Header />
      <OfflineBanner />
      <Navigation current={view ?? "tasks"} />
      <main id="main" tabIndex={-1} class={`view view-${view ?? "none"}`}>
        {View ? <View /> : <p class="muted">Reading…</p>}
      </main>
      <Footer />
      <GuardDialog />
      <Notices />
    </>
  );
}
