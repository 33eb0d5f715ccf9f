#include "file/journal_texts.hpp"

#include "model/json.hpp"

namespace lockstep {

std::string write_journal_texts(std::string_view record, const RunTexts& texts) {
  Json all = Json::object();
  all.set("record", Json::string(std::string(record)));
  all.set("read", Json::string(std::string(texts.read)));
  all.set("written", Json::string(std::string(texts.written)));
  return write_json(all);
}

JournalTexts read_journal_texts(std::string record) {
  if (record.find("\"written\"") == std::string::npos) return {std::move(record), {}, {}};
  const JsonResult parsed = parse_json(record);
  if (!parsed.ok()) return {std::move(record), {}, {}};
  const Json* own = parsed.value.find("record");
  const Json* read = parsed.value.find("read");
  const Json* written = parsed.value.find("written");
  if (!own || !read || !written) return {std::move(record), {}, {}};
  return {own->text, read->text, written->text};
}

}  // namespace lockstep
