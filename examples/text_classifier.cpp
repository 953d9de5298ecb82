// A bag of words that tells what a sentence is about: its words become tokens, numbers of rows of a
// table; the mean of these rows goes through a dense layer.
#include <etch/etch.hpp>
#include <fmt/format.h>

#include <map>
#include <string>

#include "options.hpp"

constexpr int rows = 256, length = 12;
constexpr std::int32_t padding = 0, unknown = 1;

constexpr auto bag_of_words = etch::tokens<length> |
                              etch::embedding<rows, 16, etch::padding_token<padding>> |
                              etch::mean_pool | etch::dense<3>;

constexpr std::string_view topics[]{"weather", "kitchen", "music"};
struct sentence {
  int topic;
  std::string_view text;
};
constexpr sentence lessons[]{
    {0, "dark clouds bring rain in the evening"},
    {0, "the wind turns to the north and snow falls"},
    {0, "a warm day with sun and few clouds"},
    {0, "fog in the valley until noon then sun"},
    {0, "the storm brings wind and heavy rain"},
    {0, "cold air and frost in the night"},
    {0, "rain in the morning and sun at noon"},
    {0, "snow and ice on the roads after a cold night"},
    {0, "the air is warm and a storm is near"},
    {0, "frost and fog in the morning with little wind"},
    {1, "stir the butter into the flour"},
    {1, "bake the bread until the crust is brown"},
    {1, "cut the onions and fry them in oil"},
    {1, "add salt and pepper to the soup"},
    {1, "boil the rice in water with salt"},
    {1, "roll the dough and put it in the oven"},
    {1, "fry the eggs in butter with pepper"},
    {1, "let the soup boil and add the rice"},
    {1, "mix flour and water into a dough"},
    {1, "bake the onions in the oven with oil"},
    {2, "the violin plays the melody over the drums"},
    {2, "the choir sings the last song"},
    {2, "a slow melody for piano and cello"},
    {2, "the band tunes the guitar and plays"},
    {2, "the drums set the rhythm of the song"},
    {2, "she sings while the piano plays a chord"},
    {2, "the orchestra plays and the choir sings"},
    {2, "a guitar chord and a quick rhythm"},
    {2, "the cello follows the violin of the orchestra"},
    {2, "the band plays a song with a slow rhythm"},
};
constexpr sentence questions[]{
    {0, "wind and rain in the night"},
    {0, "the sun is warm at noon"},
    {0, "snow and fog in the valley"},
    {0, "a cold morning with frost and ice"},
    {1, "fry the onions in butter"},
    {1, "put the bread in the oven"},
    {1, "add pepper and oil to the rice"},
    {1, "the dough of flour and water"},
    {2, "the piano plays a slow song"},
    {2, "the choir and the drums of the band"},
    {2, "a melody for guitar and violin"},
    {2, "she plays the cello in the orchestra"},
};

// The words of the lessons, numbered as they come. What is not among them is one word, unknown.
class vocabulary {
 public:
  explicit vocabulary(std::span<sentence const> texts) {
    for (auto const& [topic, text] : texts)
      each_word(text, [&](std::string word) {
        numbers_.try_emplace(std::move(word), static_cast<std::int32_t>(numbers_.size()) + 2);
      });
  }
  int size() const { return static_cast<int>(numbers_.size()) + 2; }

  // As many tokens as the network takes.
  std::array<std::int32_t, length> tokens(std::string_view text) const {
    std::array<std::int32_t, length> all;
    all.fill(padding);
    std::size_t count = 0;
    each_word(text, [&](std::string const& word) {
      auto const known = numbers_.find(word);
      if (count < all.size()) all[count++] = known == numbers_.end() ? unknown : known->second;
    });
    return all;
  }
  etch::dataset data(std::span<sentence const> texts) const {
    std::vector<std::int32_t> words, answers;
    for (auto const& [topic, text] : texts) {
      auto const some = tokens(text);
      words.insert(words.end(), some.begin(), some.end());
      answers.push_back(topic);
    }
    return {etch::shape<length>, etch::shape<>, words, answers};
  }

 private:
  template <class F>
  static void each_word(std::string_view text, F f) {
    while (!text.empty()) {
      std::size_t const end = std::min(text.find(' '), text.size());
      f(std::string{text.substr(0, end)});
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }
  std::map<std::string, std::int32_t> numbers_;
};

int main(int argc, char** argv) {
  options o{argc, argv, "A bag of words tells what a sentence is about."};
  int const epochs = o.number("epochs", 60, "training on the sentences");
  auto const seed = o.seed();
  o.finish();

  vocabulary const known{lessons};
  fmt::print("{} words in {} sentences\n", known.size(), std::size(lessons));
  if (known.size() > rows) return o.fail("the table has too few rows", 1);

  etch::model<bag_of_words> model{etch::seed{seed}};
  etch::adam optimizer{{.learning_rate = 0.02f, .lazy = true}};
  auto const history =
      etch::fit(model, optimizer, etch::cross_entropy, known.data(lessons),
                {.epochs = epochs, .batch_size = 10, .show = etch::verbosity::silent});
  fmt::print("loss {:.4f} in the first epoch, {:.4f} in epoch {}\n", history.front().training.loss,
             history.back().training.loss, epochs);
  for (auto const& [topic, text] : questions) {
    int const found = etch::argmax(model.forward(known.tokens(text)));
    fmt::print("{}: {}\n", text, topics[found]);
  }
  auto const result = etch::evaluate(model, etch::cross_entropy, known.data(questions));
  fmt::print("test accuracy {:.4f} ({} of {})\n", result.accuracy(), result.correct,
             result.samples);
  return o.done();
}
