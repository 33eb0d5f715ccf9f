#include "model/json.hpp"

#include <algorithm>

#include "model/decimal.hpp"

namespace lockstep {
namespace {

std::vector<const Json::Member*> members_by_key(const Json& object) {
  std::vector<const Json::Member*> sorted;
  sorted.reserve(object.members.size());
  for (const Json::Member& member : object.members) sorted.push_back(&member);
  std::ranges::sort(sorted, {}, [](const Json::Member* member) -> const std::string& { return member->first; });
  return sorted;
}

bool equivalent_objects(const Json& a, const Json& b) {
  if (a.members.size() != b.members.size()) return false;
  const auto same_key = [](const Json::Member& x, const Json::Member& y) { return x.first == y.first; };
  if (std::ranges::equal(a.members, b.members, same_key)) {
    return std::ranges::equal(a.members, b.members, [](const Json::Member& x, const Json::Member& y) {
      return equivalent(x.second, y.second);
    });
  }
  return std::ranges::equal(members_by_key(a), members_by_key(b), [](const Json::Member* x, const Json::Member* y) {
    return x->first == y->first && equivalent(x->second, y->second);
  });
}

// Writes compactly, or with a line for each item where `indent` is not negative.
class Writer {
 public:
  explicit Writer(int indent) : indent_(indent) {}

  void write(const Json& json) {
    switch (json.kind) {
      case Json::Kind::null:
        out_ += "null";
        return;
      case Json::Kind::boolean:
        out_ += json.boolean ? "true" : "false";
        return;
      case Json::Kind::number:
        out_ += json.text;
        return;
      case Json::Kind::string:
        append_json_string(out_, json.text);
        return;
      case Json::Kind::array:
        list('[', ']', json.items, [this](const Json& item) { write(item); });
        return;
      case Json::Kind::object:
        list('{', '}', json.members, [this](const Json::Member& member) {
          append_json_string(out_, member.first);
          out_ += indent_ < 0 ? ":" : ": ";
          write(member.second);
        });
        return;
    }
  }

  std::string take() { return std::move(out_); }

 private:
  template <typename Items, typename WriteItem>
  void list(char open, char close, const Items& items, WriteItem write_item) {
    out_ += open;
    ++depth_;
    bool first = true;
    for (const auto& item : items) {
      if (!first) out_ += ',';
      first = false;
      new_line();
      write_item(item);
    }
    --depth_;
    if (!items.empty()) new_line();
    out_ += close;
  }
  void new_line() {
    if (indent_ < 0) return;
    out_ += '\n';
    out_.append(depth_ * static_cast<std::size_t>(indent_), ' ');
  }

  int indent_;
  std::size_t depth_ = 0;
  std::string out_;
};

void append_escape(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const auto code = static_cast<unsigned char>(c);
  out += "\\u00";
  out += kHex[code >> 4U];
  out += kHex[code & 0xFU];
}

}  // namespace

Json Json::of(bool value) {
  Json json;
  json.kind = Kind::boolean;
  json.boolean = value;
  return json;
}

Json Json::string(std::string characters) {
  Json json;
  json.kind = Kind::string;
  json.text = std::move(characters);
  return json;
}

Json Json::number(std::string text) {
  Json json;
  json.kind = Kind::number;
  json.text = std::move(text);
  return json;
}

Json Json::number(std::int64_t value) { return number(std::to_string(value)); }

Json Json::array() {
  Json json;
  json.kind = Kind::array;
  return json;
}

Json Json::object() {
  Json json;
  json.kind = Kind::object;
  return json;
}

const Json* Json::find(std::string_view key) const {
  const auto found = std::ranges::find(members, key, &Member::first);
  return found == members.end() ? nullptr : &found->second;
}

Json& Json::set(std::string key, Json value) {
  const auto found = std::ranges::find(members, key, &Member::first);
  if (found == members.end()) return members.emplace_back(std::move(key), std::move(value)).second;
  found->second = std::move(value);
  return found->second;
}

bool equivalent_numbers(std::string_view a, std::string_view b) { return a == b || decimal_of(a) == decimal_of(b); }

bool equivalent(const Json& a, const Json& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Json::Kind::null:
      return true;
    case Json::Kind::boolean:
      return a.boolean == b.boolean;
    case Json::Kind::number:
      return equivalent_numbers(a.text, b.text);
    case Json::Kind::string:
      return a.text == b.text;
    case Json::Kind::array:
      return std::ranges::equal(a.items, b.items, equivalent);
    case Json::Kind::object:
      return equivalent_objects(a, b);
  }
  return false;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t written = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, written, at - written);
    append_escape(out, c);
    written = at + 1;
  }
  out.append(text, written);
  out += '"';
}

std::string write_json(const Json& json) {
  Writer writer(-1);
  writer.write(json);
  return writer.take();
}

std::string write_json_pretty(const Json& json, int indent) {
  Writer writer(indent);
  writer.write(json);
  return writer.take();
}

}  // namespace lockstep
