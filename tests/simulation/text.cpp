#include "simulation/text.hpp"

#include "model/json.hpp"
#include "yaml/document.hpp"

namespace lockstep::simulation {
namespace {

const std::string kItem = "  - id: ";

std::size_t line_end(const std::string& text, std::size_t at) {
  const std::size_t end = text.find('\n', at);
  return end == std::string::npos ? text.size() : end + 1;
}

std::optional<std::int64_t> id_of_line(const std::string& text, std::size_t at) {
  if (text.compare(at, kItem.size(), kItem) != 0) return std::nullopt;
  return std::strtoll(text.c_str() + at + kItem.size(), nullptr, 10);
}

std::string value_text(Field field, const Value& value) {
  if (is_null(value)) return "null";
  if (const auto* json = std::get_if<JsonText>(&value)) return json->text;
  if (field == Field::next_run_at) return to_json(value).text;
  return "\"" + std::get<std::string>(value) + "\"";
}

}  // namespace

std::optional<Lines> lines_of(const std::string& text, std::int64_t id) {
  for (std::size_t at = 0; at < text.size(); at = line_end(text, at)) {
    if (id_of_line(text, at) != id) continue;
    std::size_t end = line_end(text, at);
    while (end < text.size() && text.compare(end, 4, "    ") == 0) end = line_end(text, end);
    return Lines{at, end};
  }
  return std::nullopt;
}

std::vector<std::int64_t> ids_in(const std::string& text) {
  std::vector<std::int64_t> ids;
  for (std::size_t at = 0; at < text.size(); at = line_end(text, at))
    if (const auto id = id_of_line(text, at)) ids.push_back(*id);
  return ids;
}

std::optional<std::int64_t> task_at(const std::string& text, std::size_t at) {
  std::optional<std::int64_t> task;
  for (std::size_t line = 0; line < text.size(); line = line_end(text, line)) {
    const std::size_t end = line_end(text, line);
    if (const auto id = id_of_line(text, line)) {
      if (line > at) return id;
      task = id;
    } else if (line <= at && at < end) {
      if (text.compare(line, 4, "    ") == 0) return task;
      task.reset();  // a comment of its own: the next task's, if one follows directly
      continue;
    } else if (line > at) {
      const std::size_t text_at = text.find_first_not_of(' ', line);
      if (text_at == std::string::npos || text[text_at] != '#') return std::nullopt;
      continue;
    }
    if (line <= at && at < end) return task;
  }
  return std::nullopt;
}

std::string task_text(const Task& task) {
  std::string text = kItem + std::to_string(task.id) + "\n";
  for (const Field field : {Field::skill_name, Field::schedule_cron, Field::next_run_at, Field::params_json, Field::status})
    text += "    " + std::string(spec(field).name) + ": " + value_text(field, task[field]) + "\n";
  return text;
}

bool set_field(std::string& text, std::int64_t id, Field field, const Value& value) {
  const auto lines = lines_of(text, id);
  if (!lines) return false;
  const std::string key = "    " + std::string(spec(field).name) + ":";
  for (std::size_t at = lines->begin; at < lines->end; at = line_end(text, at)) {
    if (text.compare(at, key.size(), key) != 0) continue;
    std::size_t end = line_end(text, at);
    // A value that lockstep wrote in block style goes on in the lines below.
    while (end < lines->end && text.compare(end, 5, "     ") == 0) end = line_end(text, end);
    const std::string old = text.substr(at, end - at);
    const std::size_t comment = old.find(" # ");
    text.replace(at, end - at,
                 key + " " + value_text(field, value) + (comment == std::string::npos ? "\n" : old.substr(comment, old.find('\n', comment) + 1 - comment)));
    return true;
  }
  text.insert(lines->end, key + " " + value_text(field, value) + "\n");
  return true;
}

bool remove_task(std::string& text, std::int64_t id) {
  const auto lines = lines_of(text, id);
  if (!lines) return false;
  text.erase(lines->begin, lines->end - lines->begin);
  if (ids_in(text).empty()) {
    const std::size_t tasks = text.find("\ntasks:\n");
    if (tasks != std::string::npos) text.replace(tasks, 8, "\ntasks: []\n");
  }
  return true;
}

bool append_task(std::string& text, const Task& task) {
  const std::size_t empty = text.find("\ntasks: []\n");
  if (empty != std::string::npos) {
    text.replace(empty, 11, "\ntasks:\n" + task_text(task));
    return true;
  }
  if (text.find("\ntasks:\n") == std::string::npos || !text.ends_with('\n')) return false;
  text += task_text(task);
  return true;
}

bool add_line_in(std::string& text, std::int64_t id, const std::string& line) {
  const auto lines = lines_of(text, id);
  if (!lines) return false;
  text.insert(line_end(text, lines->begin), "    " + line + "\n");
  return true;
}

bool add_comment_above(std::string& text, std::int64_t id, const std::string& comment) {
  const auto lines = lines_of(text, id);
  if (!lines) return false;
  text.insert(lines->begin, "  # " + comment + "\n");
  return true;
}

void add_line_on_top(std::string& text, const std::string& line) {
  const std::size_t tasks = text.find("\ntasks:");
  text.insert(tasks == std::string::npos ? 0 : tasks + 1, line + "\n");
}

std::string without_broken(std::string text) {
  for (std::size_t at = text.find(kBroken); at != std::string::npos; at = text.find(kBroken)) text.erase(at, kBroken.size());
  return text;
}

std::optional<View> read_view(const std::string& text) {
  const ReadResult read = Document::read(text, {});
  if (!read.document) return std::nullopt;
  View view;
  for (const Task& task : read.document->tasks()) view.emplace(task.id, task);
  return view;
}

}  // namespace lockstep::simulation
