// What unquoted scalars mean, in YAML 1.1 (as PyYAML reads it) and in the core
// schema of YAML 1.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lockstep::yaml {

enum class ScalarKind : std::uint8_t { text, null, boolean, integer, real, timestamp, merge, value };

ScalarKind resolve_v1_1(std::string_view plain);
ScalarKind resolve_v1_2(std::string_view plain);

// Whether any reader of either version may see another value than the other's:
// `yes`, `010`, `0o10`, `1_000`, `1e3`, `12:30:45`, `2026-01-01`, `=`, …
bool versions_differ(std::string_view plain);

// `y`, `Y`, `n`, `N`: booleans to the words of YAML 1.1, text to every reader in use. Read as text, written in quotes.
bool is_boolean_letter(std::string_view plain);

// What it is in words ("a boolean", "the number 8"), for messages.
std::string describe(std::string_view plain, ScalarKind kind, bool v1_1);

bool boolean_value(std::string_view plain);  // of ScalarKind::boolean

// The number as JSON, exact; nullopt for infinities, not-a-numbers and numbers of absurd length.
// A text that is a JSON number already is kept as it is.
std::optional<std::string> json_number(std::string_view plain, ScalarKind kind, bool v1_1);

}  // namespace lockstep::yaml
