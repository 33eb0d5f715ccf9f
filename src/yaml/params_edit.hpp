// Changes a YAML value into another where, and only where, the two differ.
#pragma once

#include "model/json.hpp"
#include "yaml/surgery.hpp"

namespace lockstep::yaml {

class ParamsEditor {
 public:
  ParamsEditor(Surgeon& surgeon, JsonStyle style) : surgeon_(surgeon), text_(surgeon.text()), style_(style) {}

  // `before` is what the value reads as. `key` is null for an item of a list; `flow`: it stands in brackets.
  void change(const Node* key, const Node& value, const Json& before, const Json& after, bool flow);

 private:
  bool change_members(const Node& mapping, const Json& before, const Json& after, bool flow);
  bool change_items(const Node& sequence, const Json& before, const Json& after, bool flow);
  void change_block_members(const Node& mapping, const std::vector<bool>& removed,
                            const std::vector<const Json::Member*>& added);
  bool remove_first_on_dash(const Node& mapping, const std::vector<bool>& removed);

  Surgeon& surgeon_;
  std::string_view text_;
  JsonStyle style_;
};

}  // namespace lockstep::yaml
