#include "model/held_task.hpp"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

Task sample() {
  Task task = task_with_defaults(42);
  task[Field::skill_name] = std::string("a name that is too long to be kept inside of the string");
  return task;
}

TEST(HeldTask, IsNoneAtFirst) {
  EXPECT_FALSE(HeldTask());
  EXPECT_FALSE(HeldTask::at(nullptr));
  EXPECT_FALSE(HeldTask(HeldTask()));
}

TEST(HeldTask, RefersToWhatStandsElsewhere) {
  const Task task = sample();
  const HeldTask held = HeldTask::at(&task);
  const HeldTask copy = held;
  EXPECT_EQ(&*held, &task);
  EXPECT_EQ(&*copy, &task);
  EXPECT_EQ(held->id, 42);
  EXPECT_TRUE(equal(held[Field::status], task[Field::status]));
}

TEST(HeldTask, ChangesOnlyItsOwn) {
  const Task task = sample();
  HeldTask held = HeldTask::at(&task);
  held.own()[Field::skill_name] = std::string("changed");
  EXPECT_EQ(held->text(Field::skill_name), "changed");
  EXPECT_EQ(task.text(Field::skill_name), sample().text(Field::skill_name));
  const Task* const own = &*held;
  held.own().id = 7;
  EXPECT_EQ(&*held, own) << "what is its own already is not copied again";
}

TEST(HeldTask, ACopyOfItsOwnIsAnother) {
  const HeldTask held = sample();
  HeldTask copy = held;
  EXPECT_NE(&*copy, &*held);
  copy.own().id = 7;
  EXPECT_EQ(held->id, 42);
}

TEST(HeldTask, OutlivesWhatItReferredTo) {
  HeldTask held;
  {
    const Task task = sample();
    held = HeldTask::at(&task);
    held.own();
  }
  EXPECT_TRUE(differing(held, sample(), FieldSet::all()).empty());
}

TEST(HeldTask, LeavesNoneBehindWhereItMoves) {
  HeldTask held = sample();
  const Task* const own = &*held;
  HeldTask moved = std::move(held);
  EXPECT_EQ(&*moved, own);
  EXPECT_FALSE(held);  // NOLINT(bugprone-use-after-move): that is the promise
  held = std::move(moved);
  EXPECT_EQ(&*held, own);
  const HeldTask& itself = held;
  held = itself;
  EXPECT_EQ(held->id, 42);
}

}  // namespace
}  // namespace lockstep
