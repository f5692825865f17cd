#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include "common/base/time.hpp"
#include "coordinator/cli/document.hpp"
#include "coordinator/cli/table.hpp"

namespace skerry::cli {

enum class Format {
    Table,  ///< for people: words, ages, shortened digests
    Json,   ///< for programs: exactly one document on stdout, whatever happens
};

/// The only way to stdout and stderr. Text of anyone may be given to it: it becomes printable() here.
class Output {
public:
    Output(std::ostream& out, std::ostream& err, Format format, Style style, TimePoint now)
        : out_(out), err_(err), format_(format), style_(style), now_(now) {}

    /// The end of every verb: for programs the envelope, for people what `render` prints of its data. A failure
    /// becomes its error envelope, and for both a sentence and a hint on stderr.
    ExitCode report(const Answer<Document>& answer, const std::function<void(Value data)>& render);
    ExitCode failed(const Failure& failure);

    // For people, on stdout.
    void line(std::string_view text, Tone tone = Tone::Plain);
    /// One line between what belongs together.
    void gap();
    void print(const Table& table);
    void print(const Facts& facts);

    /// For people only, on stderr: what they may want to do next.
    void hint(std::string_view text);
    /// On stderr whatever the format, without a line's end: what a person is asked.
    void question(std::string_view text);
    /// On stderr whatever the format.
    void notice(std::string_view text);

    /// The moment that ages are counted from.
    [[nodiscard]] TimePoint now() const { return now_; }

private:
    std::ostream& out_;
    std::ostream& err_;
    Format format_;
    Style style_;
    TimePoint now_;
};

}  // namespace skerry::cli
