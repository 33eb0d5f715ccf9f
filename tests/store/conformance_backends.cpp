// The backends that need no server, and what they are tested on.
#include "store/memory/memory_store.hpp"
#include "store/sqlite_database.hpp"

namespace lockstep::testing_store {
namespace {

class MemoryTestDatabase final : public TestDatabase {
 public:
  std::unique_ptr<Store> open(StoreOptions options = {}) override { return open_memory_store(database_, options); }
  void put(const Task& task) override {
    database_->put(task);
    for (const std::string& column : unknown_) {
      if (!database_->column(task.id, column)) database_->put_column(task.id, column, std::nullopt);
    }
  }
  void put_column(std::int64_t id, std::string_view column, std::optional<std::string> text) override {
    database_->put_column(id, column, std::move(text));
  }
  bool erase(std::int64_t id) override { return database_->erase(id); }
  std::optional<std::string> column(std::int64_t id, std::string_view column) override {
    return database_->column(id, column);
  }
  void add_unknown_column(std::string_view name) override { unknown_.emplace_back(name); }
  void refuse_removal(std::int64_t id) override { database_->refuse_removal(id); }
  void drop_task_table() override { database_->drop_task_table(); }
  void pretend_newer_schema() override { database_->pretend_newer_schema(); }
  bool is_untouched() override {
    return !open_memory_store(database_)->begin(Access::read, "x")->tasks().shape().exists;
  }
  bool lets_others_write() const override { return true; }

 private:
  std::shared_ptr<MemoryDatabase> database_ = std::make_shared<MemoryDatabase>();
  std::vector<std::string> unknown_;
};

INSTANTIATE_TEST_SUITE_P(Backends, StoreConformance,
                         testing::Values(Backend{"Sqlite", [] { return std::make_unique<SqliteDatabase>(); }},
                                         Backend{"Memory", [] { return std::make_unique<MemoryTestDatabase>(); }}),
                         backend_name);

}  // namespace
}  // namespace lockstep::testing_store
