#include "yaml/other_keys.hpp"

#include <string>

#include "yaml/document.hpp"
#include "yaml/params_reader.hpp"

namespace lockstep::yaml {

Json read_other_keys(std::string_view text) {
  Json found = Json::object();
  FaultList faults(text, 0);
  const TextFacts facts = check_text(text, faults);
  const ScalarReader scalars(text, YamlVersion::v1_2, facts.odd_breaks);
  EventStream stream(text, facts.ascii, ReadOptions{}.max_depth, EventStream::Aliases::resolve, &faults);
  NodeSkipper skipper(stream, faults, scalars);
  if (stream.next().kind != EventKind::document_start || stream.next().kind != EventKind::mapping_start) return found;
  while (stream.next().kind == EventKind::scalar) {
    const std::string key(stream.current().value);
    stream.next();
    if (key == "tasks") {
      skipper.skip();
      continue;
    }
    std::string value;
    const bool read = ParamsReader(stream, faults, scalars).read(value);
    if (!read || stream.failed()) continue;
    if (JsonResult parsed = parse_json(value); parsed.ok()) found.set(key, std::move(parsed.value));
  }
  return found;
}

}  // namespace lockstep::yaml
