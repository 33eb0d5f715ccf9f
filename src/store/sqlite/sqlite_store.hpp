// A store in an SQLite file.
#pragma once

#include <memory>
#include <string>

#include "store/store.hpp"

namespace lockstep {

// `path` as open(2) takes it. Nothing is opened yet. Throws Error(usage) for a table name that SQLite cannot have.
//
// Writers are serialised by BEGIN IMMEDIATE, so nobody else writes between a transaction's reads and its
// commit. A reader has a snapshot; in WAL mode it blocks nobody, in the older journal modes a commit waits
// for it (up to that process's busy timeout): keep reads short.
// A database that is created gets WAL; the journal mode of one that is there is left alone. A file that was
// replaced under its path is opened anew by the next begin().
std::unique_ptr<Store> open_sqlite_store(std::string path, const StoreOptions&);

}  // namespace lockstep
