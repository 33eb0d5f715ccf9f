// Reads a YAML node into the text of a JSON value.
#pragma once

#include <deque>
#include <string>
#include <unordered_set>
#include <vector>

#include "yaml/event_stream.hpp"
#include "yaml/fault.hpp"
#include "yaml/key_set.hpp"
#include "yaml/scalar_reading.hpp"

namespace lockstep::yaml {

// What counts as the same key: quoted or plain text, or a plain number, boolean or null.
char key_kind(const Event& key, const ScalarReader& scalars);
inline constexpr char kTextKey = 's';
inline constexpr char kMergeKey = '<';
std::string duplicate_key_message(std::string_view key, std::size_t first_line);

class ParamsReader {
 public:
  ParamsReader(EventStream& stream, FaultList& faults, const ScalarReader& scalars)
      : stream_(stream), faults_(faults), scalars_(scalars) {}

  // Appends the node that the stream's current event begins, and reads to its
  // end. False if there was a fault (it has been reported).
  bool read(std::string& json);

 private:
  // A member as written into the JSON text: where its key begins and ends, and its value ends.
  struct Own {
    std::size_t key_at = 0, key_end = 0, end = 0;
  };
  // What a mapping inherits by `<<`: members as `"key":value`, each key once.
  struct Inherited {
    struct Member {
      std::string text;
      std::size_t key_length = 0;
    };
    std::vector<Member> members;
    std::unordered_set<std::string> keys;
  };

  bool scalar(std::string& json);
  bool sequence(std::string& json);
  bool mapping(std::string& json, bool keep_own);  // keep_own: its members stay on own_, for the caller to take
  bool check_key(const Event& key);
  void append_inherited(std::string& json, std::size_t first_own, const Inherited& inherited);
  bool merge_sources(Inherited& inherited);
  bool merge_source(Inherited& inherited);
  bool check_collection_tag(std::string_view expected);
  bool fault(const Event& at, std::string message);

  EventStream& stream_;
  FaultList& faults_;
  const ScalarReader& scalars_;
  std::deque<KeySet> key_sets_;  // by level: a deque, so that outer ones stay in place
  std::size_t level_ = 0;
  std::vector<Own> own_;  // of all mappings that are open, inner ones last
};

// Reads past a node that is none of lockstep's business, looking for duplicate keys only.
class NodeSkipper {
 public:
  NodeSkipper(EventStream& stream, FaultList& faults, const ScalarReader& scalars)
      : stream_(stream), faults_(faults), scalars_(scalars) {}
  void skip();  // the node that the stream's current event begins

 private:
  EventStream& stream_;
  FaultList& faults_;
  const ScalarReader& scalars_;
  std::deque<KeySet> key_sets_;
  std::size_t level_ = 0;
};

}  // namespace lockstep::yaml
