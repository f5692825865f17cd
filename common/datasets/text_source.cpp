#include "common/datasets/text_source.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "common/base/utf8.hpp"
#include "common/datasets/class_label.hpp"

namespace skerry::datasets {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr int kEnd = std::char_traits<char>::eof();

enum class Form { Tabs, Csv };

class TextSource final : public SampleSource {
public:
    TextSource(const std::filesystem::path& path, Form form, const parameters::ModelSpec& spec)
        : name_(path.string()),
          file_(path, std::ios::binary),
          form_(form),
          front_end_(*spec.input.text()),
          classes_(spec.classes) {
        std::string mark(kByteOrderMark.size(), '\0');
        if (!file_.read(mark.data(), static_cast<std::streamsize>(mark.size())) || mark != kByteOrderMark) {
            file_.clear();
            file_.seekg(0);
        }
    }

    [[nodiscard]] bool is_open() const { return file_.is_open(); }

    Result<> read_header() {
        if (form_ == Form::Tabs) return {};
        if (!SKERRY_TRY(read_record())) return refusal("the file is empty: the first line must name the columns");
        columns_ = fields_.size();
        const auto find = [this](std::initializer_list<std::string_view> names) {
            return static_cast<std::size_t>(
                std::find_first_of(fields_.begin(), fields_.end(), names.begin(), names.end()) - fields_.begin());
        };
        text_column_ = find({"text"});
        label_column_ = find({"target", "label", "category"});
        if (text_column_ < columns_ && label_column_ < columns_) return {};
        return refusal("there must be a column 'text', and one of 'target', 'label' and 'category'");
    }

    Result<std::optional<Sample>> next() override {
        do {
            if (!SKERRY_TRY(read_record())) return std::optional<Sample>();
        } while (fields_.size() == 1 && fields_[0].empty());
        if (fields_.size() != columns_) {
            return refusal(form_ == Form::Tabs ? "there is no tab between label and text"
                                               : "there are " + std::to_string(fields_.size()) +
                                                     " columns, the header has " + std::to_string(columns_));
        }
        if (form_ == Form::Tabs && begins_at_ == 1 && is_heading()) return next();
        const auto label = class_label(fields_[label_column_], classes_);
        if (!label) return refusal(label.error().message);
        // What is longer than anybody may send is still read: the front end looks at its beginning only.
        auto text =
            parameters::stored_text(front_end_, whole_characters(fields_[text_column_], parameters::kTextBytesMax));
        if (!text) return refusal(text.error().message);
        return Sample{std::move(*text), *label};
    }

private:
    [[nodiscard]] tl::unexpected<Error> refusal(const std::string& reason) const {
        return fail(ErrorCode::InvalidInput, name_ + ":" + std::to_string(begins_at_) + ": " + reason);
    }

    /// The first line names the columns, as some copies of a collection have it.
    [[nodiscard]] bool is_heading() const {
        return (fields_[0] == "Label" || fields_[0] == "label") &&
               std::find(classes_.begin(), classes_.end(), fields_[0]) == classes_.end();
    }

    /// False at the end of the file. A record begins a line; of tabs only the first one parts it.
    Result<bool> read_record() {
        std::streambuf& buffer = *file_.rdbuf();
        begins_at_ = ++line_;
        fields_.assign(1, {});
        std::size_t bytes = 0;
        bool quoted = false;
        for (int c = buffer.sbumpc(); c != kEnd || quoted; c = buffer.sbumpc()) {
            if (c == kEnd) return refusal("a quote does not end");
            if (++bytes > kRecordBytesMax) {
                return refusal("the line is too long, the limit is " + std::to_string(kRecordBytesMax) +
                               " bytes: is this a file of texts?");
            }
            if (c == '"' && form_ == Form::Csv) {
                if (quoted && buffer.sgetc() == '"')
                    fields_.back() += static_cast<char>(buffer.sbumpc());
                else
                    quoted = !quoted;
            } else if (c == '\n' && !quoted) {
                if (fields_.back().ends_with('\r')) fields_.back().pop_back();
                return true;
            } else if (form_ == Form::Csv ? c == ',' && !quoted : c == '\t' && fields_.size() == 1) {
                fields_.emplace_back();
            } else {
                line_ += c == '\n' ? 1 : 0;
                fields_.back() += static_cast<char>(c);
            }
        }
        if (fields_.back().ends_with('\r')) fields_.back().pop_back();
        return bytes > 0;
    }

    std::string name_;
    std::ifstream file_;
    Form form_;
    parameters::HashedText front_end_;
    std::vector<std::string> classes_;
    std::size_t columns_ = 2, label_column_ = 0, text_column_ = 1;
    std::size_t line_ = 0, begins_at_ = 0;
    std::vector<std::string> fields_;
};

}  // namespace

Result<std::unique_ptr<SampleSource>> open_text(std::string_view where, Split split,
                                                const parameters::ModelSpec& spec) {
    std::filesystem::path path(where);
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) path /= split == Split::Train ? "train.csv" : "test.csv";
    if (!std::filesystem::is_regular_file(path, ignored)) {
        return fail(ErrorCode::NotFound, "there is no " + path.string() +
                                             ": for a model that reads text, name a file of lines label<TAB>text, a "
                                             ".csv file with the columns text and target, or a folder with train.csv");
    }
    auto source = std::make_unique<TextSource>(path, path.extension() == ".csv" ? Form::Csv : Form::Tabs, spec);
    if (!source->is_open()) {
        return fail(ErrorCode::PermissionDenied, path.string() + " cannot be read: check its permissions");
    }
    SKERRY_TRY(source->read_header());
    return source;
}

}  // namespace skerry::datasets
