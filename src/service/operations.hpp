// What SyncEngine and Service both offer, on an engine of either.
#pragma once

#include "engine/engine.hpp"
#include "lockstep/sync.hpp"

namespace lockstep::service {

// Throw Error(usage) for what the caller got wrong.
SyncRequest sync_request(const SyncOptions&);
ResolveRequest resolve_request(const ResolveOptions&);  // the conflict's id is looked at by resolve()

Answer answer(const SyncOutcome&);
Answer plan(Engine&, const SyncOptions&);  // dry_run: the counts alone
Answer conflicts(Engine&);
Answer resolve(Engine&, const ResolveOptions&);
Answer history(Engine&, std::size_t limit);
Answer undo(Engine&, std::int64_t run_id);
Answer status(const Status&, std::string_view watcher, double uptime_seconds);

}  // namespace lockstep::service
