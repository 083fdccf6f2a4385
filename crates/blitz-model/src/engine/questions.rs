//! The questions that can be sent to an engine, and their answers. Elsewhere questions are types of their own.

use std::any::Any;
use std::sync::Arc;

use blitz_core::Stack;
use serde::{Deserialize, Serialize};

use crate::evaluate::{
    AuxiliaryCurves, EvalContext, EvalError, Growth, Kymograph, Levels, LiveCurves, OneFrame, PixelHistory,
    Question, Raw, Reduce, ReferencePreview, Region, ShowPicture, Surroundings, Urgency, WindowsAhead,
    ZoneCurves, ZonePercentiles, evaluate_from,
};
use crate::recipe::Recipe;

/// A question that can be sent.
pub trait Sent: Question {
    /// Its kind.
    const KIND: QuestionKind;

    /// The question as it is sent.
    fn sent(&self) -> AnyQuestion;

    /// An answer to a question of this type as it is sent.
    fn answer_sent(answer: Arc<Self::Answer>) -> AnyAnswer;

    /// The answer, if it is one to a question of this type.
    fn answer_received(answer: AnyAnswer) -> Option<Arc<Self::Answer>>;
}

macro_rules! questions {
    ($($name:ident($question:ty)),* $(,)?) => {
        /// A question of any kind, as it is sent.
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub enum AnyQuestion { $(
            #[doc = concat!("See [`", stringify!($name), "`](crate::evaluate).")]
            $name($question)
        ),* }

        /// An answer of any kind, as it is sent. Shared, not copied, where both sides are in one process.
        #[derive(Clone, Serialize, Deserialize)]
        pub enum AnyAnswer { $(
            #[doc = concat!("To [`AnyQuestion::", stringify!($name), "`].")]
            $name(Arc<<$question as Question>::Answer>)
        ),* }

        /// Kinds of questions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum QuestionKind { $(
            #[doc = concat!("Of [`AnyQuestion::", stringify!($name), "`].")]
            $name
        ),* }

        $(impl Sent for $question {
            const KIND: QuestionKind = QuestionKind::$name;

            fn sent(&self) -> AnyQuestion {
                AnyQuestion::$name(self.clone())
            }

            fn answer_sent(answer: Arc<Self::Answer>) -> AnyAnswer {
                AnyAnswer::$name(answer)
            }

            fn answer_received(answer: AnyAnswer) -> Option<Arc<Self::Answer>> {
                match answer {
                    AnyAnswer::$name(answer) => Some(answer),
                    _ => None,
                }
            }
        })*

        impl AnyQuestion {
            /// What is done to answer it, for the list of jobs.
            pub fn title(&self) -> String {
                match self { $(Self::$name(question) => question.title()),* }
            }

            /// How soon a person needs the answer.
            pub fn urgency(&self) -> Urgency {
                match self { $(Self::$name(question) => question.urgency()),* }
            }

            /// Answers it, from an earlier answer if there is one; gives parts of the answer to `publish`.
            pub(super) fn answer(
                &self,
                stack: &Stack,
                recipe: &Recipe,
                earlier: Option<&AnyAnswer>,
                cx: &EvalContext,
                publish: &dyn Fn(AnyAnswer),
            ) -> Result<AnyAnswer, EvalError> {
                match self { $(Self::$name(question) => {
                    let part = |part: Arc<dyn Any + Send + Sync>| {
                        if let Ok(part) = part.downcast() {
                            publish(AnyAnswer::$name(part));
                        }
                    };
                    let earlier = earlier.map(AnyAnswer::shared);
                    let growth = Growth { earlier: earlier.as_ref(), publish: Some(&part) };
                    let answer = evaluate_from(stack, recipe, question, cx, growth)?;
                    Ok(AnyAnswer::$name(Arc::new(answer)))
                }),* }
            }
        }

        impl AnyAnswer {
            fn shared(&self) -> Arc<dyn Any + Send + Sync> {
                match self { $(Self::$name(answer) => Arc::clone(answer) as _),* }
            }
        }
    };
}

questions! {
    ShowPicture(ShowPicture),
    OneFrame(OneFrame),
    Region(Region),
    RawRegion(Raw<Region>),
    Reduce(Reduce),
    ReferencePreview(ReferencePreview),
    Levels(Levels),
    LiveCurves(LiveCurves),
    ZoneCurves(ZoneCurves),
    PixelHistory(PixelHistory),
    ZonePercentiles(ZonePercentiles),
    Kymograph(Kymograph),
    AuxiliaryCurves(AuxiliaryCurves),
    WindowsAhead(WindowsAhead),
    Surroundings(Surroundings),
}
