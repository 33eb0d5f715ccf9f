// A task as plans and writes hold it: one that stands elsewhere, or one of its
// own. A large first sync is about hundreds of thousands of tasks that are
// written as they stand; referring to them is what keeps it small.
#pragma once

#include <memory>
#include <utility>

#include "model/task.hpp"

namespace lockstep {

// None, a task that stands elsewhere, or a task of its own. Copies of one that
// stands elsewhere refer to the same task; one of its own is copied. What
// is referred to must outlive the reference and every copy of it, and must not
// change meanwhile; own() ends that.
class HeldTask {
 public:
  HeldTask() = default;  // none
  HeldTask(Task task) : own_(std::make_unique<Task>(std::move(task))), task_(own_.get()) {}
  // Refers to it; null = none.
  static HeldTask at(const Task* task) {
    HeldTask held;
    held.task_ = task;
    return held;
  }

  HeldTask(const HeldTask& other)
      : own_(other.own_ ? std::make_unique<Task>(*other.own_) : nullptr), task_(own_ ? own_.get() : other.task_) {}
  HeldTask(HeldTask&& other) noexcept : own_(std::move(other.own_)), task_(std::exchange(other.task_, nullptr)) {}
  HeldTask& operator=(HeldTask other) noexcept {
    own_ = std::move(other.own_);
    task_ = std::exchange(other.task_, nullptr);
    return *this;
  }
  ~HeldTask() = default;

  explicit operator bool() const { return task_ != nullptr; }
  // Precondition of all that follow: there is one.
  const Task& operator*() const { return *task_; }
  const Task* operator->() const { return task_; }
  const Value& operator[](Field field) const { return (*task_)[field]; }
  operator const Task&() const { return *task_; }
  // To change it, or to outlive what it refers to.
  Task& own() {
    if (!own_) task_ = (own_ = std::make_unique<Task>(*task_)).get();
    return *own_;
  }

 private:
  std::unique_ptr<Task> own_;
  const Task* task_ = nullptr;
};

}  // namespace lockstep
