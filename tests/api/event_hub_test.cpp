#include "api/event_hub.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "api/events.hpp"
#include "model/timestamp.hpp"

namespace lockstep::api {
namespace {

Json parsed(const EventHub::Message& message) { return parse_json(*message.text).value; }
const EventHub::Listener kDeaf = [](const EventHub::Message&) {};

TEST(EventHub, NumbersAndStampsEachEventBeforeItsMembers) {
  EventHub hub(1'000);
  std::vector<EventHub::Message> heard;
  const auto joined = hub.join({}, [&](const EventHub::Message& message) { heard.push_back(message); });
  EXPECT_EQ(joined.seq, 1'000U);
  EXPECT_TRUE(joined.first.empty());
  hub.publish("first", {{"task_id", Json::number(std::int64_t{7})}, {"te\"xt", Json::string("a\nb")}});
  hub.publish("second", {});
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(heard[0].seq, 1'001U);
  EXPECT_EQ(heard[0].event, "first");
  EXPECT_EQ(heard[1].seq, 1'002U);
  const Json event = parsed(heard[0]);
  ASSERT_EQ(event.members.size(), 5U) << *heard[0].text;
  EXPECT_EQ(event.members[0].first, "event");
  EXPECT_EQ(event.members[1].first, "timestamp");
  EXPECT_TRUE(parse_timestamp(event.members[1].second.text));
  EXPECT_EQ(event.members[2].second.text, "1001");
  EXPECT_EQ(event.find("te\"xt")->text, "a\nb");
}

TEST(EventHub, EveryListenerGetsTheSameText) {
  EventHub hub;
  std::shared_ptr<const std::string> one, other;
  const auto first = hub.join({}, [&](const EventHub::Message& message) { one = message.text; });
  const auto second = hub.join({}, [&](const EventHub::Message& message) { other = message.text; });
  hub.publish("told", {});
  ASSERT_TRUE(one);
  EXPECT_EQ(one, other) << "serialised once";
}

TEST(EventHub, ReplaysWhatWasMissed) {
  EventHub hub(1'000);
  for (int i = 0; i < 5; ++i) hub.publish("told", {});
  const auto first_of = [&](std::uint64_t since) {
    std::vector<std::uint64_t> seqs;
    for (const EventHub::Message& message : hub.join(since, kDeaf).first)
      seqs.push_back(message.event == "told" ? message.seq : 0);
    return seqs;
  };
  using Seqs = std::vector<std::uint64_t>;
  EXPECT_EQ(first_of(1'003), (Seqs{1'004, 1'005}));
  EXPECT_EQ(first_of(1'000), (Seqs{1'001, 1'002, 1'003, 1'004, 1'005}));
  EXPECT_EQ(first_of(1'005), Seqs{});
  EXPECT_EQ(first_of(0), (Seqs{1'001, 1'002, 1'003, 1'004, 1'005})) << "all that this server told";
  EXPECT_EQ(first_of(1'006), Seqs{0}) << "not of this server";
  EXPECT_EQ(first_of(999), Seqs{0}) << "of an earlier one";
  EXPECT_EQ(first_of(UINT64_MAX), Seqs{0});
}

TEST(EventHub, WhatIsNoLongerKeptIsSaidToBe) {
  EventHub hub;
  for (std::size_t i = 0; i < EventHub::kKept + 1; ++i) hub.publish("told", {});
  EXPECT_EQ(hub.join(1, kDeaf).first.size(), EventHub::kKept);
  const auto lost = hub.join(0, kDeaf);
  ASSERT_EQ(lost.first.size(), 1U);
  EXPECT_EQ(lost.first[0].event, "resync_required");
  EXPECT_EQ(parsed(lost.first[0]).find("event")->text, "resync_required");
  EXPECT_EQ(parsed(lost.first[0]).find("seq")->text, std::to_string(EventHub::kKept + 1)) << "go on from here";
}

TEST(EventHub, WhoHasLeftHearsNothing) {
  EventHub hub;
  int heard = 0;
  auto joined = hub.join({}, [&](const EventHub::Message&) { ++heard; });
  hub.publish("told", {});
  joined.subscription.reset();
  hub.publish("told", {});
  EXPECT_EQ(heard, 1);
}

TEST(EventHub, NothingIsLostOrDoubledWhileOthersPublish) {
  constexpr std::size_t kEvents = 200;
  EventHub hub;
  std::vector<std::thread> publishers;
  for (int p = 0; p < 2; ++p)
    publishers.emplace_back([&] {
      for (std::size_t i = 0; i < kEvents; ++i) hub.publish("told", {});
    });
  for (int joins = 0; joins < 50; ++joins) {
    std::uint64_t last = 0;
    bool in_order = true;
    const auto take = [&](const EventHub::Message& message) {
      in_order = in_order && message.seq == last + 1;
      last = message.seq;
    };
    std::mutex mutex;
    std::vector<std::uint64_t> later;
    auto joined = hub.join(0, [&](const EventHub::Message& message) {
      const std::scoped_lock lock(mutex);
      later.push_back(message.seq);
    });
    for (const EventHub::Message& message : joined.first) take(message);
    EXPECT_EQ(last, joined.seq);
    joined.subscription.reset();
    for (const std::uint64_t seq : later) take({seq, "told", nullptr});
    EXPECT_TRUE(in_order);
  }
  for (std::thread& publisher : publishers) publisher.join();
  EXPECT_EQ(hub.join({}, kDeaf).seq, 2 * kEvents);
}

TEST(EventHub, GreetsWithTheLastNumber) {
  const Json greeting = parse_json(EventHub::greeting(42)).value;
  EXPECT_EQ(greeting.find("event")->text, "connection_established");
  EXPECT_EQ(greeting.find("seq")->text, "42");
  EXPECT_TRUE(greeting.find("timestamp"));
  EXPECT_TRUE(greeting.find("message"));
}

std::string members_text(const Event& event) {
  Json object = Json::object();
  object.members = event.members;
  return std::string(event.name) + write_json(object);
}

TEST(Events, HaveTheMembersOfTheContract) {
  const HostFacts host{"1.2.3", 5, "polling"};
  EXPECT_EQ(members_text(event_of(FileChange{Side::yaml, {1, 2}, 2, "abc"}, host)),
            R"(schedule_config_updated{"source":"file","task_ids":[1,2],"task_count":2,"checksum":"abc","author":null,)"
            R"("message":"The YAML file was saved with changes to 2 tasks"})");
  EXPECT_EQ(members_text(event_of(FileChange{Side::database, {1}, 1, "abc"}, host)),
            R"(schedule_config_updated{"source":"database","task_ids":[1],"task_count":1,"checksum":"abc","author":null,)"
            R"("message":"lockstep wrote 1 task into the YAML file"})");
  EXPECT_NE(members_text(event_of(FileChange{Side::yaml, {}, 0, "abc"}, host)).find("its tasks are the same"),
            std::string::npos);
  EXPECT_EQ(members_text(event_of(ConflictRef{12, 42, ConflictReason::both_changed}, host)),
            R"(sync_conflict_detected{"conflict_id":"conflict_12","task_id":42,)"
            R"("reason":"Both YAML and database changed since the last sync","yaml_author":null,"db_author":null,"action_required":true})");
  EXPECT_EQ(members_text(event_of(ClosedConflict{12, 42, "superseded"}, host)),
            R"(sync_conflict_resolved{"conflict_id":"conflict_12","task_id":42,"resolution":"superseded","author":null})");
  EXPECT_EQ(members_text(event_of(ResyncRequired{}, host)), "resync_required{}");
  const Event changed = event_of(StatusChanged{std::make_shared<const Status>()}, host);
  EXPECT_EQ(changed.name, "sync_status_changed");
  ASSERT_EQ(changed.members.size(), 1U);
  EXPECT_EQ(changed.members[0].second.find("watcher")->text, "polling");
  EXPECT_EQ(changed.members[0].second.find("version")->text, "1.2.3");
}

TEST(Events, NameAtMostAHundredTasks) {
  FileChange change{Side::yaml, {}, 250, ""};
  for (std::int64_t id = 1; id <= 250; ++id) change.task_ids.push_back(id);
  const Event event = event_of(change, {});
  EXPECT_EQ(event.members[1].second.items.size(), FileChange::kIdsTold);
  EXPECT_EQ(event.members[2].second.text, "250");
}

}  // namespace
}  // namespace lockstep::api
