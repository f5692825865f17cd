#include "coordinator/cli/output.hpp"

#include <ostream>

namespace skerry::cli {

ExitCode Output::report(const Answer<Document>& answer, const std::function<void(Value data)>& render) {
    if (!answer) return failed(answer.error());
    if (format_ == Format::Json) {
        out_ << answer->to_json() << '\n';
    } else {
        render(answer->root()["data"]);
    }
    return ExitCode::Ok;
}

ExitCode Output::failed(const Failure& failure) {
    if (format_ == Format::Json) out_ << error_envelope(failure).to_json() << '\n';
    notice("error: " + failure.message);
    if (!failure.hint.empty()) notice("next:  " + failure.hint);
    return failure.exit;
}

void Output::line(std::string_view text, Tone tone) {
    out_ << painted(printable(text, style_.charset), tone, style_) << '\n';
}

void Output::gap() {
    out_ << '\n';
}

void Output::print(const Table& table) {
    out_ << table.render(style_);
}

void Output::print(const Facts& facts) {
    out_ << facts.render(style_);
}

void Output::hint(std::string_view text) {
    if (format_ == Format::Table) notice(text);
}

void Output::question(std::string_view text) {
    err_ << printable(text, style_.charset) << std::flush;
}

void Output::notice(std::string_view text) {
    err_ << printable(text, style_.charset) << '\n';
}

}  // namespace skerry::cli
