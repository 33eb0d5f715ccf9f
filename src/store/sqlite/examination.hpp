// What stands in the way of syncing with an SQLite database, or may.
#pragma once

#include <string>
#include <vector>

#include "model/finding.hpp"
#include "store/sqlite/connection.hpp"

namespace lockstep::sqlite {

// The rights on the database's files and their folder, before anything is opened.
std::vector<Finding> examine_files(const std::string& path);
// The open database. Reads all of it.
std::vector<Finding> examine_database(Connection&);

}  // namespace lockstep::sqlite
