// What a run writes into the YAML, written beside the journal before the file
// is touched: should the run be lost after the exchange, the base learns from it
// what the file took from the database.
//
// Format (JSON): {"replica":NAME,"tasks":[
//   {"id":1,"fields":{"status":"done"}}      values that came from the database
//   {"id":2,"whole":{task}}                  … of a task that had no base
//   {"id":3,"removed":true}]}                removed since the database has it no more
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/session.hpp"


namespace lockstep {

// Only what came from the database is in it: a value that a person gave (undo, an own value in a
// resolution) must count as a change of the YAML if the run is lost.
std::string write_journal_record(std::string_view replica, const Plan& plan, const Triples& triples);

// The base as it must be if the run that wrote the record was lost after its exchange.
// `base`: the present records of the tasks named, sorted by id. Throws Error(internal) for text that is no record.
std::vector<std::int64_t> ids_in_journal_record(std::string_view record);
std::vector<BaseChange> base_after_lost_run(std::string_view record, const std::vector<Task>& base);
std::string replica_of_journal_record(std::string_view record);

}  // namespace lockstep
