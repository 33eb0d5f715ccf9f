// Reading JSON, on the event parser of Boost.JSON. Its value type would round numbers; its events carry their text.
#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <functional>
#include <optional>
#include <span>
#include <utility>

#include "model/json.hpp"
#include "model/utf8.hpp"

namespace lockstep {
namespace {

// What is made of the events. Strings and keys come unescaped; the views last for the call only.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void null() = 0;
  virtual void boolean(bool value) = 0;
  virtual void number(std::string_view text) = 0;
  virtual void string(std::string_view characters) = 0;
  virtual void key(std::string_view characters) = 0;
  virtual void begin(Json::Kind container) = 0;
  virtual void end(Json::Kind container) = 0;
};

class TreeBuilder final : public Sink {
 public:
  void null() override { add(Json::null()); }
  void boolean(bool value) override { add(Json::of(value)); }
  void number(std::string_view text) override { add(Json::number(std::string(text))); }
  void string(std::string_view characters) override { add(Json::string(std::string(characters))); }
  void key(std::string_view characters) override { key_ = characters; }
  void begin(Json::Kind container) override {
    Json& added = add(container == Json::Kind::array ? Json::array() : Json::object());
    open_.push_back(&added);
  }
  void end(Json::Kind) override { open_.pop_back(); }

  Json take() { return std::move(root_); }

 private:
  // Only the innermost open container grows, so the addresses of those around it stay as they are.
  Json& add(Json value) {
    if (open_.empty()) return root_ = std::move(value);
    Json& parent = *open_.back();
    if (parent.kind == Json::Kind::array) return parent.items.emplace_back(std::move(value));
    return parent.members.emplace_back(std::move(key_), std::move(value)).second;
  }

  Json root_;
  std::vector<Json*> open_;
  std::string key_;
};

class Compactor final : public Sink {
 public:
  explicit Compactor(std::size_t size_hint) { out_.reserve(size_hint); }

  void null() override { next() += "null"; }
  void boolean(bool value) override { next() += value ? "true" : "false"; }
  void number(std::string_view text) override { next() += text; }
  void string(std::string_view characters) override { append_json_string(next(), characters); }
  void key(std::string_view characters) override {
    append_json_string(next(), characters);
    out_ += ':';
    comma_due_ = false;
  }
  void begin(Json::Kind container) override {
    next() += container == Json::Kind::array ? '[' : '{';
    comma_due_ = false;
  }
  void end(Json::Kind container) override {
    out_ += container == Json::Kind::array ? ']' : '}';
    comma_due_ = true;
  }

  std::string take() { return std::move(out_); }

 private:
  std::string& next() {
    if (std::exchange(comma_due_, true)) out_ += ',';
    return out_;
  }

  std::string out_;
  bool comma_due_ = false;
};

using boost::json::error;
using boost::json::error_code;

// Boost's handler: puts split strings and numbers together, refuses NUL and duplicate keys, feeds the sink.
// The names and signatures of its functions are what basic_parser asks for.
class Handler {
 public:
  using View = boost::json::string_view;
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t kUnknownOffset = static_cast<std::size_t>(-1);

  Handler(Sink& sink, std::string_view text) : sink_(sink), text_(text) {}

  const std::string& problem() const { return problem_; }
  std::size_t problem_offset() const { return problem_offset_; }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) {
    sink_.begin(Json::Kind::array);
    return true;
  }
  bool on_array_end(std::size_t, error_code&) {
    sink_.end(Json::Kind::array);
    return true;
  }
  bool on_object_begin(error_code&) {
    objects_.push_back({keys_.size(), key_text_.size()});
    sink_.begin(Json::Kind::object);
    return true;
  }
  bool on_object_end(std::size_t, error_code& ec) {
    sink_.end(Json::Kind::object);
    return close_object(ec);
  }
  bool on_string_part(View part, std::size_t, error_code&) { return gather(part); }
  bool on_string(View part, std::size_t, error_code& ec) {
    const std::string_view characters = complete(part);
    if (!check_characters(characters, ec)) return false;
    sink_.string(characters);
    gathered_.clear();
    return true;
  }
  bool on_key_part(View part, std::size_t, error_code&) { return gather(part); }
  bool on_key(View part, std::size_t, error_code& ec) {
    const std::string_view key = complete(part);
    if (!check_characters(key, ec)) return false;
    keys_.push_back({key_text_.size(), key.size(), offset_in_source(part)});
    key_text_ += key;
    sink_.key(key);
    gathered_.clear();
    return true;
  }
  bool on_number_part(View part, error_code&) { return gather(part); }
  bool on_int64(std::int64_t, View part, error_code&) { return number(part); }
  bool on_uint64(std::uint64_t, View part, error_code&) { return number(part); }
  bool on_double(double, View part, error_code&) { return number(part); }
  bool on_bool(bool value, error_code&) {
    sink_.boolean(value);
    return true;
  }
  bool on_null(error_code&) {
    sink_.null();
    return true;
  }
  bool on_comment_part(View, error_code&) { return true; }
  bool on_comment(View, error_code&) { return true; }

 private:
  struct Key {
    std::size_t begin, size;  // in key_text_
    std::size_t offset;       // in the source
  };
  struct OpenObject {
    std::size_t first_key;   // in keys_
    std::size_t text_begin;  // in key_text_
  };

  bool gather(View part) {
    gathered_.append(part.data(), part.size());
    return true;
  }
  // What comes in one part is not copied.
  std::string_view complete(View last_part) {
    if (gathered_.empty()) return {last_part.data(), last_part.size()};
    gather(last_part);
    return gathered_;
  }
  bool number(View last_part) {
    sink_.number(complete(last_part));
    gathered_.clear();
    return true;
  }
  bool check_characters(std::string_view characters, error_code& ec) {
    if (characters.find('\0') == std::string_view::npos) return true;
    return refuse("a NUL character (\\u0000), which no database can store", kUnknownOffset, ec);
  }

  bool close_object(error_code& ec) {
    const OpenObject object = objects_.back();
    const auto keys = std::span(keys_).subspan(object.first_key);
    const auto text = [this](const Key& key) { return std::string_view(key_text_).substr(key.begin, key.size); };
    // Of equal keys the later one comes second, and is the one to point at.
    std::ranges::sort(keys, [&](const Key& a, const Key& b) {
      const int order = text(a).compare(text(b));
      return order != 0 ? order < 0 : a.begin < b.begin;
    });
    const auto twin = std::ranges::adjacent_find(keys, {}, text);
    if (twin != keys.end()) {
      return refuse("duplicate key \"" + visible(text(*twin)) + '"', std::next(twin)->offset, ec);
    }
    keys_.resize(object.first_key);
    key_text_.resize(object.text_begin);
    objects_.pop_back();
    return true;
  }

  // Text with escapes comes in a buffer of the parser's; then the place is not known.
  std::size_t offset_in_source(View part) const {
    const std::less<> before;
    const char* const end = text_.data() + text_.size();
    const bool inside = !before(part.data(), text_.data()) && !before(end, part.data());
    return inside ? static_cast<std::size_t>(part.data() - text_.data()) : kUnknownOffset;
  }

  bool refuse(std::string problem, std::size_t offset, error_code& ec) {
    problem_ = std::move(problem);
    problem_offset_ = offset;
    ec = error::syntax;
    return false;
  }

  Sink& sink_;
  std::string_view text_;
  std::string gathered_;   // the earlier parts of what is being read
  std::string key_text_;   // the keys of all open objects, one after the other
  std::vector<Key> keys_;  // outermost object first
  std::vector<OpenObject> objects_;
  std::string problem_;
  std::size_t problem_offset_ = kUnknownOffset;
};

struct Problem {
  std::string message;  // empty = none
  std::size_t offset = 0;
};

Problem describe(error_code ec, std::string_view text, std::size_t offset, std::size_t max_depth) {
  if (const std::optional<std::size_t> stray = find_invalid_utf8(text)) return {"bytes that are not UTF-8", *stray};
  if (ec == error::incomplete) return {"the JSON text ends too early", text.size()};
  if (ec == error::too_deep) return {"nested deeper than " + std::to_string(max_depth) + " levels", offset};
  if (ec == error::exponent_overflow) return {"a number whose exponent is beyond 2147483647", offset};
  if (ec == error::illegal_leading_surrogate || ec == error::illegal_trailing_surrogate ||
      ec == error::expected_utf16_escape) {
    return {"a \\u escape that is only half of a surrogate pair", offset};
  }
  if (ec == error::expected_hex_digit) return {"a \\u escape without four hexadecimal digits", offset};
  if (offset >= text.size()) return {"the JSON text ends too early", text.size()};
  std::string shown;
  append_visible(shown, text, offset, utf8_step(text, offset));
  if (ec == error::extra_data) return {"unexpected '" + shown + "' after the end of the JSON value", offset};
  return {"unexpected '" + shown + '\'', offset};
}

Problem parse_into(Sink& sink, std::string_view text, std::size_t max_depth) {
  boost::json::parse_options options;
  options.max_depth = max_depth;
  boost::json::basic_parser<Handler> parser(options, sink, text);
  error_code ec;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && used < text.size()) ec = error::extra_data;
  if (!ec) return {};
  const Handler& handler = parser.handler();
  if (handler.problem().empty()) return describe(ec, text, used, max_depth);
  return {handler.problem(), std::min(handler.problem_offset(), used)};
}

}  // namespace

JsonResult parse_json(std::string_view text, std::size_t max_depth) {
  TreeBuilder builder;
  Problem problem = parse_into(builder, text, max_depth);
  if (!problem.message.empty()) return {{}, std::move(problem.message), problem.offset};
  return {builder.take(), {}, 0};
}

CompactJson compact_json(std::string_view text, std::size_t max_depth) {
  Compactor compactor(text.size());
  Problem problem = parse_into(compactor, text, max_depth);
  if (!problem.message.empty()) return {{}, std::move(problem.message), problem.offset};
  return {compactor.take(), {}, 0};
}

}  // namespace lockstep
