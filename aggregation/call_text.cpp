#include "aggregation/call_text.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "common/base/limits.hpp"

namespace skerry::aggregation {
namespace {

class Cursor {
public:
    explicit Cursor(std::string_view text) : text_(text) {}

    void skip_blanks() {
        while (at_ < text_.size() && text_[at_] == ' ')
            ++at_;
    }
    bool take(char wanted) {
        skip_blanks();
        const bool there = at_ < text_.size() && text_[at_] == wanted;
        if (there) ++at_;
        return there;
    }
    bool at_end() {
        skip_blanks();
        return at_ == text_.size();
    }
    Result<std::string> name() {
        skip_blanks();
        const std::size_t first = at_;
        while (at_ < text_.size() && ((text_[at_] >= 'a' && text_[at_] <= 'z') || text_[at_] == '_'))
            ++at_;
        if (at_ == first) return wrong("a name");
        return std::string(text_.substr(first, at_ - first));
    }
    Result<double> number() {
        skip_blanks();
        double value = 0;
        const auto read = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
        if (read.ec != std::errc() || !std::isfinite(value)) return wrong("a number");
        at_ = static_cast<std::size_t>(read.ptr - text_.data());
        return value;
    }
    [[nodiscard]] tl::unexpected<Error> wrong(std::string_view wanted) const {
        return fail(ErrorCode::InvalidInput, "'" + std::string(text_) + "' should have " + std::string(wanted) +
                                                 " at position " + std::to_string(at_ + 1));
    }

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<Call>> parse_calls(std::string_view text) {
    if (text.size() > limits::kTextMax) return fail(ErrorCode::InvalidInput, "a list of rules is too long");
    Cursor cursor(text);
    std::vector<Call> calls;
    do {
        Call call;
        call.name = SKERRY_TRY(cursor.name());
        if (cursor.take('(')) {
            do {
                call.numbers.push_back(SKERRY_TRY(cursor.number()));
            } while (cursor.take(','));
            if (!cursor.take(')')) return cursor.wrong("')'");
        }
        calls.push_back(std::move(call));
    } while (cursor.take(','));
    if (!cursor.at_end()) return cursor.wrong("',' or its end");
    return calls;
}

std::string text_of(const std::vector<Call>& calls) {
    std::string text;
    for (const Call& call : calls) {
        if (!text.empty()) text += ", ";
        text += call.name;
        for (std::size_t i = 0; i < call.numbers.size(); ++i) {
            std::array<char, 32> digits;
            const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), call.numbers[i]);
            text += i == 0 ? "(" : ", ";
            text.append(digits.data(), written.ptr);
        }
        if (!call.numbers.empty()) text += ")";
    }
    return text;
}

}  // namespace skerry::aggregation
