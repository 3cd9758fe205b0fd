// Answers the cases of a golden file (tests/data/README.md tells their format) with this engine:
//
//   golden_runner MODEL_DIR CASES.jsonl                    {"id", "result"} or {"id", "error"} per case
//   golden_runner --tokenizer MODEL_DIR TOKENIZER.jsonl    {"words", "ids"} per line, GLiNER v1: and
//                                                          "words_mask", "labels_input_ids",
//                                                          "decoder_input_ids", "decoder_words_mask" where
//                                                          the model has them
//
// --dtype NAME and --device NAME before MODEL_DIR: the same in another arithmetic or on a card, to see what
// they change.
// It never reads the expected answers. Exit status: 0 when every line was answered, 2 wrong usage, 3 no
// model.

#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "golden_calls.h"

namespace {

/// Calls `work` on every line that is not blank.
void each_line(const std::string& path, const std::function<void(const golden::Json&)>& work) {
  std::ifstream in(path);
  if (!in) throw gliner::InputError(path + ": cannot open");
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) work(golden::Json::parse(line));
  }
}

void answer_cases(const std::string& directory, const std::string& path, const gliner::LoadOptions& load) {
  std::map<std::string, gliner::Extractor> models;  // by word splitter
  const auto model_for = [&](const std::string& splitter) -> const gliner::Extractor& {
    const auto found = models.find(splitter);
    if (found != models.end()) return found->second;
    gliner::LoadOptions options = load;
    options.word_splitter = gliner::parse_word_splitter(splitter);
    return models.emplace(splitter, gliner::Extractor::load(directory, options)).first->second;
  };
  model_for("whitespace");
  each_line(path, [&](const golden::Json& line) {
    golden::Json out = {{"id", line.at("id")}};
    try {
      const auto splitter = line.value("word_splitter", std::string("whitespace"));
      out["result"] =
          golden::answer(model_for(splitter), line.at("call").get<std::string>(), line.at("args"));
    } catch (const gliner::ModelError&) {
      throw;
    } catch (const gliner::Error& e) {
      out["error"] = e.what();
    } catch (const golden::Json::exception& e) {
      out["error"] = e.what();
    }
    std::cout << out.dump() << "\n";
  });
}

void answer_prompts(const std::string& directory, const std::string& path) {
  const gliner::PromptTokenizer tokenizer = gliner::PromptTokenizer::load(directory);
  each_line(path, [&](const golden::Json& line) {
    std::cout << golden::prompt_line(tokenizer, line).dump() << "\n";
  });
}

void answer_tokenizer(const std::string& directory, const std::string& path) {
  const gliner::WordTokenizer tokenizer = gliner::WordTokenizer::load(directory);
  each_line(path, [&](const golden::Json& line) {
    golden::Json words = golden::Json::array();
    golden::Json ids = golden::Json::array();
    const auto splitter = gliner::parse_word_splitter(line.value("splitter", std::string("whitespace")));
    for (const gliner::TokenizedWord& word :
         tokenizer.tokenize(line.at("text").get<std::string>(), splitter)) {
      words.push_back({{"word", word.word}, {"start", word.begin_char}, {"end", word.end_char}});
      ids.push_back(word.ids);
    }
    std::cout << golden::Json{{"words", words}, {"ids", ids}}.dump() << "\n";
  });
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> args(argv + 1, argv + argc);
  try {
    gliner::LoadOptions load;
    for (; args.size() > 2 && (args[0] == "--dtype" || args[0] == "--device");
         args.erase(args.begin(), args.begin() + 2)) {
      if (args[0] == "--dtype")
        load.dtype = gliner::parse_compute_dtype(args[1]);
      else
        load.device = args[1];
    }
    if (args.size() == 3 && args[0] == "--tokenizer") {
      const bool prompts = std::filesystem::exists(std::filesystem::path(args[1]) / "gliner_config.json");
      (prompts ? answer_prompts : answer_tokenizer)(args[1], args[2]);
    } else if (args.size() == 2) {
      answer_cases(args[0], args[1], load);
    } else {
      std::cerr << "usage: golden_runner [--tokenizer | --dtype NAME --device NAME] MODEL_DIR FILE.jsonl\n";
      return 2;
    }
  } catch (const gliner::ModelError& e) {
    std::cerr << "golden_runner: " << e.what() << "\n";
    return 3;
  } catch (const std::exception& e) {
    std::cerr << "golden_runner: " << e.what() << "\n";
    return 2;
  }
  return 0;
}
