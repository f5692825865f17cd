#include "edge-node/api/infer_request.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "edge-node/api/tensor_data.hpp"

namespace skerry::node {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 4> kOutputNames = {"label", "probabilities", "tier", "score"};
constexpr std::size_t kShapeSidesMax = 8;

/// Receives the parser's events. Each handler returns false to stop; problem() then says why.
class RequestReader final : public nlohmann::json_sax<json> {
public:
    RequestReader(const parameters::ModelSpec& spec, std::size_t batch_max)
        : spec_(spec), batch_max_(batch_max), data_(batch_max * spec.input.values()) {}

    bool null() override { return scalar("null"); }
    bool boolean(bool value) override {
        if (where() == Where::Parameters && key() == "skerry_learn") {
            request_.learn = value;
            return true;
        }
        return scalar("a boolean");
    }
    bool number_integer(number_integer_t value) override { return number(static_cast<double>(value), true); }
    bool number_unsigned(number_unsigned_t value) override {
        if (where() == Where::Shape) {
            if (shape_.size() == kShapeSidesMax) return refuse("the input's shape has too many dimensions");
            shape_.push_back(value);
            return true;
        }
        return number(static_cast<double>(value), true);
    }
    bool number_float(number_float_t value, const string_t&) override { return number(value, false); }
    bool string(string_t& value) override {
        if (where() == Where::Root && key() == "id") {
            request_.id = value;
        } else if (where() == Where::Parameters && key() == "skerry_tier_max") {
            const auto tier = tier_named(value);
            if (!tier) return refuse("skerry_tier_max must be \"light\", \"medium\" or \"heavy\"");
            request_.tier_max = *tier;
        } else if (where() == Where::Input && key() == "name") {
            input_name_ = value;
        } else if (where() == Where::Input && key() == "datatype") {
            datatype_ = value;
        } else if (where() == Where::Output && key() == "name") {
            return add_output(value);
        } else {
            return scalar("a string");
        }
        return true;
    }
    bool binary(binary_t&) override { return refuse("the body is no JSON"); }

    bool start_object(std::size_t) override {
        switch (where()) {
            case Where::Nowhere:
                return enter(Where::Root);
            case Where::Root:
                return key() == "parameters" ? enter(Where::Parameters) : skip_or_refuse("an object");
            case Where::Inputs:
                if (inputs_++ > 0) return refuse("there must be one input, named \"input\"");
                return enter(Where::Input);
            case Where::Outputs:
                return enter(Where::Output);
            default:
                return skip_or_refuse("an object");
        }
    }
    bool start_array(std::size_t) override {
        switch (where()) {
            case Where::Nowhere:
                return refuse("the body must be an object with \"inputs\"");
            case Where::Root:
                if (key() == "inputs") return enter(Where::Inputs);
                return key() == "outputs" ? enter(Where::Outputs) : skip_or_refuse("an array");
            case Where::Input:
                if (key() == "shape") return enter(Where::Shape);
                if (key() == "data") return data_.open_array() && enter(Where::Data);
                return skip_or_refuse("an array");
            case Where::Data:
                return data_.open_array() ? enter(Where::Data) : refuse(data_.problem());
            default:
                return skip_or_refuse("an array");
        }
    }
    bool key(string_t& value) override {
        Level& level = levels_.back();
        if (level.where != Where::Skipped) {
            if (std::find(level.seen.begin(), level.seen.end(), value) != level.seen.end()) {
                return refuse("\"" + value.substr(0, 64) + "\" is given twice");
            }
            // Unknown keys are few in honest requests, and count against the memory of dishonest ones.
            if (level.seen.size() == 64) return refuse("an object has too many keys");
            level.seen.push_back(value.substr(0, 64));
        }
        level.key = std::move(value);
        return true;
    }
    bool end_object() override {
        if (where() == Where::Output && levels_.back().seen.empty()) return refuse("an output has no \"name\"");
        levels_.pop_back();
        return true;
    }
    bool end_array() override {
        if (where() == Where::Data && !data_.close_array()) return refuse(data_.problem());
        levels_.pop_back();
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        return refuse("the body is no valid JSON at byte " + std::to_string(position));
    }

    [[nodiscard]] Result<InferRequest> finish() {
        if (inputs_ == 0) return fail(ErrorCode::InvalidInput, "there must be one input, named \"input\"");
        if (input_name_ != kInputName) {
            return fail(ErrorCode::InvalidInput, "this model's input is named \"input\"");
        }
        request_.samples = SKERRY_TRY(data_.samples(shape_, datatype_, spec_.input, batch_max_));
        if (std::string problem = problem_of_id(request_.id, request_.samples.size()); !problem.empty()) {
            return fail(ErrorCode::InvalidInput, std::move(problem));
        }
        return std::move(request_);
    }
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    enum class Where { Nowhere, Root, Parameters, Inputs, Input, Shape, Data, Outputs, Output, Skipped };
    struct Level {
        Where where;
        std::string key;
        std::vector<std::string> seen;
    };

    [[nodiscard]] Where where() const { return levels_.empty() ? Where::Nowhere : levels_.back().where; }
    [[nodiscard]] std::string_view key() const { return levels_.back().key; }

    bool enter(Where where) {
        if (levels_.size() == limits::kJsonDepthMax) return refuse("the body is nested too deeply");
        levels_.push_back(Level{where, {}, {}});
        return true;
    }
    bool refuse(std::string problem) {
        problem_ = std::move(problem);
        return false;
    }
    /// A value that no handler took: one that we know under this key has the wrong type, others do not concern us.
    [[nodiscard]] bool known() const {
        switch (where()) {
            case Where::Root:
                return key() == "id" || key() == "inputs" || key() == "outputs" || key() == "parameters";
            case Where::Parameters:
                return key() == "skerry_tier_max" || key() == "skerry_learn";
            case Where::Input:
                return key() == "name" || key() == "datatype" || key() == "shape" || key() == "data";
            case Where::Output:
                return key() == "name";
            case Where::Skipped:
                return false;
            default:
                return true;
        }
    }
    bool scalar(std::string_view what) { return !known() || wrong_type(what); }
    bool skip_or_refuse(std::string_view what) { return known() ? wrong_type(what) : enter(Where::Skipped); }
    bool wrong_type(std::string_view what) {
        std::string_view name = "the body";
        if (where() == Where::Shape) name = "the input's shape";
        if (where() == Where::Data) name = "the data";
        if (where() == Where::Inputs) name = "\"inputs\"";
        if (where() == Where::Outputs) name = "\"outputs\"";
        const bool in_object = where() == Where::Root || where() == Where::Parameters || where() == Where::Input ||
                               where() == Where::Output;
        return refuse((in_object ? "\"" + std::string(key()) + "\"" : std::string(name)) + " cannot hold " +
                      std::string(what));
    }
    bool number(double value, bool integer) {
        if (where() != Where::Data) return scalar("such a number");
        return data_.add(value, integer) || refuse(data_.problem());
    }
    bool add_output(std::string_view name) {
        const auto found = std::find(kOutputNames.begin(), kOutputNames.end(), name);
        if (found == kOutputNames.end()) {
            return refuse("there is no such output: label, probabilities, tier and score are");
        }
        const auto output = static_cast<Output>(found - kOutputNames.begin());
        if (std::find(request_.outputs.begin(), request_.outputs.end(), output) != request_.outputs.end()) {
            return refuse("an output is asked for twice");
        }
        request_.outputs.push_back(output);
        return true;
    }

    const parameters::ModelSpec& spec_;
    std::size_t batch_max_;
    InferRequest request_;
    TensorData data_;
    std::vector<Level> levels_;
    std::size_t inputs_ = 0;
    std::string input_name_;
    std::string datatype_;
    std::vector<std::uint64_t> shape_;
    std::string problem_;
};

}  // namespace

std::string_view name_of(Output output) {
    return kOutputNames[static_cast<std::size_t>(output)];
}

std::string_view datatype_of(parameters::DataType dtype) {
    return dtype == parameters::DataType::UInt8 ? "UINT8" : "FP32";
}

std::string problem_of_id(std::string_view id, std::size_t rows) {
    const std::size_t suffix = rows > 1 ? 1 + std::to_string(rows - 1).size() : 0;  // "/63"
    if (id.size() + suffix > limits::kRequestIdBytesMax) {
        return "\"id\" must be at most " + std::to_string(limits::kRequestIdBytesMax - suffix) + " bytes long";
    }
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    return std::any_of(id.begin(), id.end(), control) ? "\"id\" must not hold control characters" : "";
}

Result<InferRequest> parse_infer_request(std::string_view body, const parameters::ModelSpec& spec,
                                         std::size_t batch_max) {
    RequestReader reader(spec, batch_max);
    if (!json::sax_parse(body.begin(), body.end(), &reader)) {
        return fail(ErrorCode::InvalidInput, reader.problem());
    }
    return reader.finish();
}

}  // namespace skerry::node
