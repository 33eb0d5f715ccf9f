// Elements of a list or a mapping in brackets, put in and taken out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/surgery.hpp"

namespace lockstep::yaml {

// How the elements stand.
struct FlowLayout {
  bool lines = false;       // in lines of their own
  std::string indent;       // before each of those
  std::string closing;      // before the bracket that closes, where that begins a line
  std::string gap = " ";    // behind a comma within a line
};

// Of the elements behind the bracket at `open`. What they do not tell, for there are none or one, is taken from
// `otherwise`, whose indent is what lines are indented more by than the line of the bracket.
FlowLayout layout_of(std::string_view text, std::size_t open, const std::vector<Span>& elements, const FlowLayout& otherwise);

// What shall become of the elements. One in lines of its own takes the comments directly above it along.
struct FlowEdit {
  struct Addition {
    std::size_t before = 0;  // index of the element; their number = at the end
    std::string text;        // lines joined by `\n`
  };
  std::vector<Span> elements;
  std::vector<bool> removed;  // of the same size
  std::vector<Addition> added;
  FlowLayout layout;
  bool tasks = false;  // a comment that is a commented-out task stays
};

void edit_flow(Surgeon& surgeon, std::size_t open, const FlowEdit& edit);

}  // namespace lockstep::yaml
