# Shared by all recipes; sourced by a run.sh that has gone to its own folder, and that calls: options "$@"

_egs=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
for _each in path.sh cmd.sh; do
  if [ -f "$_each" ]; then . "./$_each"; else . "$_egs/$_each"; fi
done

stage=1 exp=exp nj=1

# Set a variable for each line of a file, --stop-stage=4 or --sizes="100 500", in the syntax of wfst-bias --config. Nothing
# of it is executed. With 'known', only variables that have a value already: read_options FILE [known]
read_options() {
  local _blank='[[:space:]]' _text _number=0 _name _value
  local _end="($_blank+#.*|$_blank*)\$" _quoted="\"([^\"]*)\"|'([^']*)'|([^'\"#]*)"
  local -A _lines=()
  [ -f "$1" ] || { echo "run.sh: no file $1" >&2; exit 2; }
  while IFS= read -r _text || [ -n "$_text" ]; do
    _number=$((_number + 1)) _text=${_text%$'\r'}
    [[ ! $_text =~ ^$_blank*(#.*)?$ ]] || continue
    if [[ $_text =~ ^$_blank*--([a-z][a-z0-9-]*)($_end) ]]; then
      _name=${BASH_REMATCH[1]//-/_} _value=true
    elif [[ $_text =~ ^$_blank*--([a-z][a-z0-9-]*)=($_quoted)$_end ]]; then
      _name=${BASH_REMATCH[1]//-/_} _value=${BASH_REMATCH[3]}${BASH_REMATCH[4]}${BASH_REMATCH[5]}
      [[ ${BASH_REMATCH[2]} = [\"\']* ]] || _value=$(sed 's/^[[:space:]]*//; s/[[:space:]]*$//' <<< "$_value")
    elif [[ $_text =~ ^$_blank*([a-z][a-z0-9_]*)=($_quoted)$_end ]]; then
      _name=${BASH_REMATCH[1]} _value=${BASH_REMATCH[3]}${BASH_REMATCH[4]}${BASH_REMATCH[5]%%[[:space:]]*}
      echo "$1:$_number: '$_name=...' is the old form; write '--${_name//_/-}=...'" >&2
    else
      echo "$1:$_number: found '$_text'; write '--OPTION=VALUE', a value with # or quotes in quotes" >&2
      exit 2
    fi
    if [ -n "${_lines[$_name]-}" ]; then
      echo "$1:$_number: found '$_text'; line ${_lines[$_name]} has this option already; keep one of them" >&2
      exit 2
    elif [[ -n ${2-} && -z ${!_name+set} ]]; then
      echo "$1:$_number: found '$_text'; run.sh has no such option" >&2
      usage
    fi
    _lines[$_name]=$_number
    printf -v "$_name" %s "$_value"
  done < "$1"
}

# Print the comment at the head of the recipe, and exit.
usage() {
  awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' run.sh >&2
  exit 2
}

# Set variables that have a value already: --stop-stage 4 sets stop_stage, --sizes "100 500" sets sizes. conf/recipe.conf
# comes first, where there is one, then the files of --config FILE, then the options themselves: options "$@"
options() {
  local _name _each _given=("$@")
  [ ! -f conf/recipe.conf ] || read_options conf/recipe.conf
  for ((_each = 0; _each + 1 < $#; _each += 2)); do
    [ "${_given[_each]}" != --config ] || read_options "${_given[_each + 1]}" known
  done
  while [ $# -gt 0 ]; do
    _name=${1#--}
    _name=${_name//-/_}
    if [[ $1 != --config && (! $1 =~ ^--[a-z][a-z0-9-]*$ || -z ${!_name+set}) ]]; then
      [[ $1 = -h || $1 = --help ]] || echo "run.sh: no option '$1'" >&2
      usage
    fi
    [ $# -gt 1 ] || { echo "run.sh: option $1 needs a value" >&2; exit 2; }
    [ "$1" = --config ] || printf -v "$_name" %s "$2"
    shift 2
  done
  [[ $nj =~ ^[1-9][0-9]*$ ]] || { echo "run.sh: --nj is '$nj'; give the number of jobs" >&2; exit 2; }
  mkdir -p "$exp"
}

# True if a stage is to be run: run STAGE
run() { [ "$stage" -le "$1" ] && [ "$stop_stage" -ge "$1" ]; }

# Decode in $nj jobs, here or where decode_cmd of cmd.sh runs them: decode_jobs GRAPH DATA OUT OPTIONS...
decode_jobs() {
  if [ -n "$decode_cmd" ]; then
    $decode_cmd "JOB=1:$nj" "$3.log/decode.JOB.log" wfst-bias decode "$@" --job "JOB/$nj"
    wfst-bias decode "$@" --merge
  elif [ "$nj" -gt 1 ]; then
    wfst-bias decode "$@" --nj "$nj"
  else
    wfst-bias decode "$@"
  fi
}

# Run a training, here or where train_cmd of cmd.sh runs it: train NAME COMMAND...
train() {
  if [ -n "$train_cmd" ]; then
    $train_cmd "$exp/log/$1.log" "${@:2}"
  else
    "${@:2}"
  fi
}
