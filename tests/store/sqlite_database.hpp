// An SQLite database for tests, and an application that uses it through a connection of its own.
#pragma once

#include "store/conformance.hpp"
#include "store/sqlite/connection.hpp"
#include "store/temporary_folder.hpp"

namespace lockstep::testing_store {

class SqliteDatabase final : public TestDatabase {
 public:
  std::unique_ptr<Store> open(StoreOptions options = {}) override;
  void put(const Task&) override;
  void put_column(std::int64_t id, std::string_view column, std::optional<std::string> text) override;
  bool erase(std::int64_t id) override;
  std::optional<std::string> column(std::int64_t id, std::string_view column) override;
  void add_unknown_column(std::string_view name) override;
  void refuse_removal(std::int64_t id) override;
  void drop_task_table() override;
  void pretend_newer_schema() override;
  bool is_untouched() override { return std::filesystem::is_empty(folder_.path()); }
  bool lets_others_write() const override { return false; }

  // SQL as the application runs it; makes the file if need be.
  void run(const std::string& sql);
  std::optional<std::string> value(const std::string& sql);
  std::string path() const { return folder_.file("tasks.db"); }
  const TemporaryFolder& folder() const { return folder_; }
  sqlite::Connection& application();

 private:
  TemporaryFolder folder_;
  std::unique_ptr<sqlite::Connection> application_;
};

}  // namespace lockstep::testing_store
