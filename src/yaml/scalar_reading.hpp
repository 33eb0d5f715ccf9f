// What one scalar of the text is, by its style, tag and the YAML version.
#pragma once

#include <string>
#include <string_view>

#include "yaml/document.hpp"
#include "yaml/event_stream.hpp"
#include "yaml/scalar.hpp"

namespace lockstep::yaml {

struct ScalarReading {
  ScalarKind kind = ScalarKind::text;
  std::string problem;  // not empty: not to be read as anything; says how to mend it
};

class ScalarReader {
 public:
  ScalarReader(std::string_view text, YamlVersion version, bool odd_breaks)
      : text_(text), version_(version), odd_breaks_(odd_breaks) {}

  // A plain date, text to YAML 1.2 only, comes as ScalarKind::timestamp (without a
  // problem) where `dates_are_fine`: both readings name the same instant.
  ScalarReading read(const Event& scalar, bool dates_are_fine) const;

  bool reads_as_v1_1() const { return version_ == YamlVersion::v1_1; }

 private:
  ScalarReading read_plain(std::string_view value, bool dates_are_fine) const;
  ScalarReading read_tagged(const Event& scalar) const;

  std::string_view text_;
  YamlVersion version_;
  bool odd_breaks_;
};

inline constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";
// "!!int", "!custom": a tag as people write it.
std::string short_tag(std::string_view tag);

// The value between double quotes where that is enough to quote it, for "quote it: …".
std::string quoting_hint(std::string_view value);

}  // namespace lockstep::yaml
