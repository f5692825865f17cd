#include "common/datasets/csv_source.hpp"

#include <algorithm>
#include <fstream>
#include <string>

#include "common/datasets/class_label.hpp"
#include "common/datasets/selection.hpp"

namespace skerry::datasets {
namespace {

constexpr std::string_view kTargetColumn = "target";
constexpr std::size_t kFieldBytesMax = 64;  // of a number or class name, on average over a line

/// Splits one line; quotes are removed, "" inside quotes is one. False: a quote that does not end.
bool split_fields(std::string_view line, std::vector<std::string>& fields) {
    fields.clear();
    std::string field;
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '"') {
            if (quoted && i + 1 < line.size() && line[i + 1] == '"') {
                field += line[i++];
            } else {
                quoted = !quoted;
            }
        } else if (line[i] == ',' && !quoted) {
            fields.push_back(std::move(field));
            field.clear();
        } else {
            field += line[i];
        }
    }
    fields.push_back(std::move(field));
    return !quoted;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

class CsvSource final : public SampleSource {
public:
    CsvSource(const std::filesystem::path& path, parameters::ModelSpec spec)
        : name_(path.string()),
          file_(path, std::ios::binary),
          spec_(std::move(spec)),
          line_bytes_max_(4096 + (spec_.input.values() + 1) * kFieldBytesMax) {}

    [[nodiscard]] bool is_open() const { return file_.is_open(); }

    Result<> read_header() {
        if (!SKERRY_TRY(read_line())) return refusal("the file is empty: the first line must name the columns");
        if (line_.starts_with("\xEF\xBB\xBF")) line_.erase(0, 3);
        if (!split_fields(line_, fields_)) return refusal("a quote does not end");
        const auto is_target = [](const std::string& field) { return trimmed(field) == kTargetColumn; };
        const auto found = std::find_if(fields_.begin(), fields_.end(), is_target);
        if (found == fields_.end()) return refusal("no column is named 'target': it must hold the class");
        target_ = static_cast<std::size_t>(found - fields_.begin());
        columns_ = fields_.size();
        if (columns_ - 1 == spec_.input.values()) return {};
        return refusal("there are " + std::to_string(columns_ - 1) + " features, the model's input has " +
                       std::to_string(spec_.input.values()));
    }

    Result<std::optional<Sample>> next() override {
        do {
            if (!SKERRY_TRY(read_line())) return std::optional<Sample>();
        } while (trimmed(line_).empty());
        if (!split_fields(line_, fields_)) return refusal("a quote does not end");
        if (fields_.size() != columns_) {
            return refusal("there are " + std::to_string(fields_.size()) + " columns, the header has " +
                           std::to_string(columns_));
        }
        Sample sample;
        sample.input.reserve(spec_.input.sample_bytes());
        for (std::size_t column = 0; column < columns_; ++column) {
            const std::string_view field = trimmed(fields_[column]);
            if (column == target_) {
                const auto label = class_label(field, spec_.classes);
                if (!label) return refusal(label.error().message);
                sample.label = *label;
                continue;
            }
            const std::optional<double> value = number_in<double>(field);
            if (!value) {
                return refusal("column " + std::to_string(column + 1) +
                               (field.empty() ? " is missing" : " is no number: '" + shown(field) + "'"));
            }
            if (auto added = append_value(sample.input, spec_.input.dtype, *value); !added) {
                return refusal("column " + std::to_string(column + 1) + " " + added.error().message);
            }
        }
        return sample;
    }

private:
    [[nodiscard]] tl::unexpected<Error> refusal(const std::string& reason) const {
        return fail(ErrorCode::InvalidInput, name_ + ":" + std::to_string(line_number_) + ": " + reason);
    }

    /// False at the end of the file.
    Result<bool> read_line() {
        line_.clear();
        ++line_number_;
        std::streambuf& buffer = *file_.rdbuf();
        for (;;) {
            const int c = buffer.sbumpc();
            if (c == std::char_traits<char>::eof()) return !line_.empty();
            if (c == '\n') break;
            if (line_.size() == line_bytes_max_) {
                return refusal("the line is too long, the limit is " + std::to_string(line_bytes_max_) +
                               " bytes: is this a CSV file?");
            }
            line_ += static_cast<char>(c);
        }
        if (line_.ends_with('\r')) line_.pop_back();
        return true;
    }

    std::string name_;
    std::ifstream file_;
    parameters::ModelSpec spec_;
    std::size_t line_bytes_max_;
    std::size_t columns_ = 0;
    std::size_t target_ = 0;
    std::size_t line_number_ = 0;
    std::string line_;
    std::vector<std::string> fields_;
};

}  // namespace

Result<std::unique_ptr<SampleSource>> open_csv(const std::filesystem::path& path, const parameters::ModelSpec& spec) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) {
        return fail(ErrorCode::NotFound, path.string() + " is no file");
    }
    auto source = std::make_unique<CsvSource>(path, spec);
    if (!source->is_open()) {
        return fail(ErrorCode::PermissionDenied, path.string() + " cannot be read: check its permissions");
    }
    SKERRY_TRY(source->read_header());
    return source;
}

}  // namespace skerry::datasets
