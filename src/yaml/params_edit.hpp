// Changes a YAML value into another where, and only where, the two differ.
#pragma once

#include "model/json.hpp"
#include "yaml/flow_edit.hpp"
#include "yaml/surgery.hpp"

namespace lockstep::yaml {

class ParamsEditor {
 public:
  ParamsEditor(Surgeon& surgeon, JsonStyle style) : surgeon_(surgeon), text_(surgeon.text()), style_(style) {}

  // `before` is what the value reads as. `key` is null for an item of a list; `flow`: it stands in brackets.
  void change(const Node* key, const Node& value, const Json& before, const Json& after, bool flow);

 private:
  // New items [first, end) of a list, before an item of the old one.
  struct Added {
    std::size_t before = 0, first = 0, end = 0;
  };

  bool change_members(const Node& mapping, const Json& before, const Json& after, bool flow);
  bool change_block_members(const Node& mapping, const std::vector<bool>& removed,
                            const std::vector<const Json::Member*>& added);
  bool change_items(const Node& sequence, const Json& before, const Json& after, bool flow);
  void change_flow_items(const Node& sequence, const Json& after, const std::vector<bool>& removed,
                         const std::vector<Added>& added);
  bool change_block_items(const Node& sequence, const Json& after, const std::vector<bool>& removed,
                          const std::vector<Added>& added);
  FlowLayout usual_layout(bool lines) const;

  Surgeon& surgeon_;
  std::string_view text_;
  JsonStyle style_;
};

}  // namespace lockstep::yaml
