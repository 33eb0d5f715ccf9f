#include "api/json.hpp"
#include "cli/commands.hpp"
#include "cli/report.hpp"
#include "model/error.hpp"
#include "model/validation.hpp"

namespace lockstep::cli {
namespace {

Exit forget(Session& session, const std::string& name) {
  Terminal& terminal = session.terminal();
  if (!session.engine(true).forget_replica(name))
    throw Error({ErrorCode::not_found, "", "", "there is no replica " + quoted_for_message(name),
                 "`lockstep replicas` lists them", false});
  if (terminal.json()) {
    Json object = Json::object();
    object.set("status", Json::string("success"));
    object.set("replica", Json::string(name));
    terminal.document(object);
  } else if (!terminal.quiet()) {
    terminal.print("Forgot the replica " + escaped(name) + ": its base and its conflicts are gone, its tasks are not.\n");
  }
  return Exit::done;
}

}  // namespace

Exit run_replicas(Session& session, const ReplicasOptions& options) {
  if (!options.forget.empty()) return forget(session, options.forget);
  Terminal& terminal = session.terminal();
  Json list = Json::array();
  std::string text;
  for (const ReplicaState& replica : session.engine(false).replicas()) {
    list.items.push_back(api::replica_json(replica));
    text += terminal.paint(Colour::bold, padded(escaped(replica.name), 16)) + "  " +
            padded(replica.last_sync ? shown_time(*replica.last_sync) + " UTC" : "never synced", 24) +
            escaped(replica.host) + ":" + escaped(replica.path) + "\n";
  }
  if (text.empty()) text = "This database knows no replica: nothing was synced with it so far.\n";
  if (terminal.json()) terminal.document(list);
  else terminal.print(text);
  return Exit::done;
}

}  // namespace lockstep::cli
