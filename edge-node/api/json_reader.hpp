#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skerry::node {

/// Reads JSON (RFC 8259, UTF-8) from front to back: the caller says what it expects, no tree is built, and the only
/// memory taken is for strings with escapes. After the first problem nothing more comes: keys and elements end, values
/// are empty; read on and ask once, at the end.
///
///     json.enter_object();
///     while (const auto key = json.next_key()) *key == "id" ? use(json.string()) : json.skip();
///     json.finish();
///
/// Borrows its text. A value is read only after next_kind() said that it comes. One thread at a time.
class JsonReader {
public:
    enum class Kind { Nothing, Object, Array, String, Number, Boolean, Null };
    struct Number {
        double value = 0;
        bool integer = false;  ///< written without point or exponent
    };

    explicit JsonReader(std::string_view text) : text_(text) {}

    /// Of the value that comes next. Nothing: there is none, which is a problem.
    [[nodiscard]] Kind next_kind();

    /// Deeper than limits::kJsonDepthMax is a problem.
    void enter_object() { enter(); }
    void enter_array() { enter(); }
    /// The next key of the object entered last, decoded, until another string or key is read; nothing: it has ended.
    [[nodiscard]] std::optional<std::string_view> next_key();
    /// False: the array entered last has ended.
    [[nodiscard]] bool next_element() { return next_in(']'); }

    /// Decoded; until another string or key is read.
    std::string_view string();
    /// Outside the range of a double is a problem.
    Number number();
    bool boolean();
    /// Passes over any value, checking it all the same.
    void skip();
    /// Anything but white space after the value is a problem.
    void finish();

    /// What the caller finds wrong ends reading too. The first problem stays.
    void refuse(std::string problem);
    [[nodiscard]] bool ok() const { return problem_.empty(); }
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    void malformed();
    void skip_space();
    void enter();
    bool next_in(char end);
    void word(std::string_view expected);
    std::string_view escaped_string(std::size_t begin);
    void escape();
    std::uint32_t unicode_escape();
    bool pass_utf8();
    bool pass_digits();
    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    std::uint64_t begun_ = 0;  ///< bit d: the array or object at depth d has had an element
    std::string decoded_;      ///< the last string with escapes
    std::string problem_;
};

}  // namespace skerry::node
