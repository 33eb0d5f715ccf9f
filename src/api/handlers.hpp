// What carries out the routes of routes.cpp, by concept. Each is a Handler (route.hpp).
#pragma once

#include "api/route.hpp"

namespace lockstep::api {

// sync_routes.cpp
void get_status(const Services&, CallPtr);
void trigger_sync(const Services&, CallPtr);
void get_plan(const Services&, CallPtr);

// conflict_routes.cpp
void list_conflicts(const Services&, CallPtr);
void get_conflict(const Services&, CallPtr);
void resolve_conflict(const Services&, CallPtr);
void resolve_conflicts(const Services&, CallPtr);
void clear_conflicts(const Services&, CallPtr);

// history_routes.cpp
void list_runs(const Services&, CallPtr);
void get_run(const Services&, CallPtr);
void undo_run(const Services&, CallPtr);

// task_routes.cpp
void list_tasks(const Services&, CallPtr);
void get_task(const Services&, CallPtr);
void get_task_runs(const Services&, CallPtr);
void list_task_runs(const Services&, CallPtr);

// task_write_routes.cpp
void create_task(const Services&, CallPtr);
void replace_task(const Services&, CallPtr);
void patch_task(const Services&, CallPtr);
void delete_task(const Services&, CallPtr);

// operation_routes.cpp
void get_health(const Services&, CallPtr);
void get_liveness(const Services&, CallPtr);
void get_metrics(const Services&, CallPtr);
void get_openapi(const Services&, CallPtr);
void open_session(const Services&, CallPtr);
void close_session(const Services&, CallPtr);

}  // namespace lockstep::api
