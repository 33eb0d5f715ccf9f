#include "store/own_tables.hpp"

#include <algorithm>
#include <cctype>

namespace lockstep {
namespace {

std::string without_comments(std::string_view sql) {
  std::string result;
  bool quoted = false;
  for (std::size_t at = 0; at < sql.size(); ++at) {
    if (sql[at] == '\'') quoted = !quoted;
    if (!quoted && sql.substr(at).starts_with("--")) at = std::min(sql.find('\n', at), sql.size() - 1);
    result += sql[at];
  }
  return result;
}

std::vector<std::string> statements_of(std::string_view sql) {
  std::vector<std::string> statements(1);
  bool quoted = false;
  for (const char c : without_comments(sql)) {
    if (c == '\'') quoted = !quoted;
    if (c == ';' && !quoted) statements.emplace_back();
    else if (!statements.back().empty() || std::isspace(static_cast<unsigned char>(c)) == 0) statements.back() += c;
  }
  std::erase(statements, std::string());
  return statements;
}

// The first words, as they are written.
std::vector<std::string> first_words(std::string_view sql) {
  constexpr std::size_t kEnough = 8;
  std::vector<std::string> words(1);
  for (const char c : sql) {
    const bool in_word = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
    if (in_word) words.back() += c;
    else if (!words.back().empty()) words.emplace_back();
    if (words.size() > kEnough) break;
  }
  words.resize(kEnough);
  return words;
}

OwnStatement statement(std::string sql) {
  const std::vector<std::string> words = first_words(sql);
  OwnStatement made;
  const auto name = [&](std::size_t at) { return words[at].substr(words[at].rfind('.') + 1); };
  if (words[0] == "CREATE" && words[1] == "TABLE") {
    made.creates = true;
    made.table = name(2);
  } else if (words[0] == "CREATE" && words[1] == "INDEX" && words[3] == "ON") {
    made.table = name(4);
  } else if (words[0] == "CREATE" && words[2] == "INDEX" && words[4] == "ON") {  // UNIQUE
    made.table = name(5);
  } else if ((words[0] == "ALTER" && words[1] == "TABLE") || (words[0] == "INSERT" && words[1] == "INTO") ||
             (words[0] == "DELETE" && words[1] == "FROM")) {
    made.table = name(2);
  } else if (words[0] == "UPDATE") {
    made.table = name(1);
  }
  made.sql = std::move(sql);
  return made;
}

}  // namespace

std::vector<OwnStatement> own_statements(std::span<const std::string_view> migrations) {
  std::vector<OwnStatement> result;
  for (const std::string_view migration : migrations)
    for (std::string& sql : statements_of(migration)) result.push_back(statement(std::move(sql)));
  return result;
}

std::vector<std::string> own_tables(std::span<const std::string_view> migrations) {
  std::vector<std::string> tables;
  for (const OwnStatement& made : own_statements(migrations)) {
    if (made.creates) tables.push_back(made.table);
    if (const std::vector<std::string> words = first_words(made.sql); words[0] == "DROP" && words[1] == "TABLE")
      std::erase(tables, words[2].substr(words[2].rfind('.') + 1));
  }
  return tables;
}

OwnLoss loss_of(const std::vector<std::string>& missing) {
  const auto lost = [&](std::string_view table) { return std::find(missing.begin(), missing.end(), table) != missing.end(); };
  OwnLoss loss{.base = lost("base") || lost("replicas"), .history = lost("runs"), .sentence = {}};
  std::string names;
  for (const std::string& table : missing)
    if (table != "texts") names += (names.empty() ? "" : ", ") + table;
  if (names.empty()) return loss;
  loss.sentence = "lockstep's own table" + std::string(names.find(',') == std::string::npos ? " " : "s ") + names +
                  " had been dropped and " + (names.find(',') == std::string::npos ? "was" : "were") + " made again";
  if (loss.base) loss.sentence += "; what file and database had agreed on is lost: this sync starts with an empty base";
  else if (loss.history || lost("changes")) loss.sentence += "; the history that was in it is lost";
  else if (lost("conflicts")) loss.sentence += "; conflicts that still stand are found anew";
  return loss;
}

}  // namespace lockstep
